"""Checkpoints are whole or absent, and damage is noticed."""

import json
import os
from pathlib import Path

import pytest
import torch

from underpaint import files
from underpaint.errors import StorageError
from underpaint.training import checkpoint
from underpaint.training.checkpoint import Checkpoint


def made(step: int) -> Checkpoint:
    tensors = {"a": torch.full((2, 3), float(step)), "b.step": torch.tensor(float(step))}
    return Checkpoint(tensors, tensors, tensors, {"step": step, "seed": 7}, '{"recipe": "x"}')


def test_round_trip(tmp_path: Path) -> None:
    path = checkpoint.save_checkpoint(tmp_path, made(12))
    assert path.name == "step-12"
    kept, words = checkpoint.newest(tmp_path)
    assert kept is not None
    assert not words
    assert (kept.step, kept.state["seed"], kept.config) == (12, 7, '{"recipe": "x"}')
    for part in (kept.weights, kept.ema, kept.optimizer):
        assert part["a"].tolist() == [[12.0] * 3] * 2
        assert part["b.step"].shape == ()


def test_the_same_state_gives_the_same_bytes(tmp_path: Path) -> None:
    first = checkpoint.save_checkpoint(tmp_path / "a", made(3))
    second = checkpoint.save_checkpoint(tmp_path / "b", made(3))
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes()


def test_channels_last_weights_are_kept_by_value(tmp_path: Path) -> None:
    weight = torch.arange(24.0).reshape(1, 2, 3, 4).to(memory_format=torch.channels_last)
    saved = Checkpoint({"w": weight}, {}, {}, {"step": 1}, "{}")
    checkpoint.save_checkpoint(tmp_path, saved)
    kept, _ = checkpoint.newest(tmp_path)
    assert kept is not None
    assert torch.equal(kept.weights["w"], weight)


def test_newest_is_by_number_not_by_name(tmp_path: Path) -> None:
    for step in (9, 100, 20):
        checkpoint.save_checkpoint(tmp_path, made(step))
    kept, _ = checkpoint.newest(tmp_path)
    assert kept is not None
    assert kept.step == 100


def test_an_empty_or_absent_folder_has_none(tmp_path: Path) -> None:
    assert checkpoint.newest(tmp_path) == (None, [])
    assert checkpoint.newest(tmp_path / "absent") == (None, [])


@pytest.mark.parametrize(
    "name", ["weights.safetensors", "state.json", "config.json", "MANIFEST.json"]
)
@pytest.mark.parametrize("harm", ["flip", "cut", "remove", "empty"])
def test_damage_is_skipped_with_a_word(tmp_path: Path, name: str, harm: str) -> None:
    checkpoint.save_checkpoint(tmp_path, made(1))
    victim = checkpoint.save_checkpoint(tmp_path, made(2)) / name
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 0x40
    harmed = {"flip": bytes(data), "cut": bytes(data[:-1]), "empty": b""}
    victim.unlink()
    if harm != "remove":
        victim.write_bytes(harmed[harm])
    kept, words = checkpoint.newest(tmp_path)
    assert kept is not None
    assert kept.step == 1
    assert words[0].startswith("skipped the checkpoint step-2: ")
    assert (tmp_path / "step-2.damaged").is_dir()
    assert not (tmp_path / "step-2").exists()


def test_a_manifest_of_the_wrong_kind_is_damage(tmp_path: Path) -> None:
    path = checkpoint.save_checkpoint(tmp_path, made(1))
    for manifest in ([], 3, {"../x": "00"}):
        (path / "MANIFEST.json").write_text(json.dumps(manifest), "utf-8")
        assert checkpoint.damage(path)


def test_pruning_keeps_the_last_and_sweeping_what_is_whole(tmp_path: Path) -> None:
    for step in range(1, 6):
        checkpoint.save_checkpoint(tmp_path, made(step))
    (tmp_path / "step-9.tmp").mkdir()
    (tmp_path / "step-notes").mkdir()
    checkpoint.prune(tmp_path, 2)
    checkpoint.sweep(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"step-4", "step-5", "step-notes"}


def test_a_write_that_fails_leaves_the_last_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint.save_checkpoint(tmp_path, made(1))
    done = 0

    def full(path: Path, data: bytes) -> None:
        nonlocal done
        done += 1
        if done == 3:
            raise StorageError(f"cannot write {str(path)!r}: no space")
        path.write_bytes(data)

    monkeypatch.setattr(files, "write", full)
    with pytest.raises(StorageError, match="no space"):
        checkpoint.save_checkpoint(tmp_path, made(2))
    kept, words = checkpoint.newest(tmp_path)
    assert kept is not None
    assert (kept.step, words) == (1, [])


def test_the_folder_gets_its_name_only_when_all_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[set[str]] = []
    rename = Path.rename

    def watched(self: Path, target: Path) -> Path:
        seen.append({path.name for path in self.iterdir()})
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", watched)
    checkpoint.save_checkpoint(tmp_path, made(1))
    tensors = {f"{part}.safetensors" for part in ("weights", "ema", "optimizer")}
    assert seen == [tensors | {"state.json", "config.json", "MANIFEST.json"}]


def test_setting_aside_never_overwrites(tmp_path: Path) -> None:
    for _ in range(3):
        (tmp_path / "checkpoints").mkdir()
        checkpoint.set_aside(tmp_path / "checkpoints", "before")
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["checkpoints.before", "checkpoints.before1", "checkpoints.before2"]
    assert checkpoint.set_aside(tmp_path / "checkpoints", "before") is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StorageError, match="cannot"):
        checkpoint.save_checkpoint(tmp_path / "sub", made(1))
