"""What is told about models, and models written anew."""

import json
from pathlib import Path

import pytest
import torch

from underpaint.errors import RequestError, StorageError, WeightsError
from underpaint.faces import _models
from underpaint.families import tiny
from underpaint.weights import checkpoint, folder, hashes

NOTHING = {"to": None, "out": None, "dtype": None, "vae": None}


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """Return a folder with a good model in three forms, one of no family and one that is none."""
    weights = tiny.weights()
    checkpoint.save(tmp_path / "good.safetensors", weights.tensors, weights.metadata)
    torch.save({"state_dict": dict(weights.tensors), "epoch": 3}, tmp_path / "old.ckpt")
    folder.save(tmp_path / "parts", weights)
    checkpoint.save(tmp_path / "odd.safetensors", {"odd": torch.zeros(3)}, {})
    (tmp_path / "torn.safetensors").write_bytes(b"123")
    return tmp_path


def listed(shelf: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, str]]:
    _models.listed([shelf], as_json=True)
    return {model["name"]: model for model in json.loads(capsys.readouterr().out)}


def test_models_of_every_form_are_listed_and_bad_ones_do_not_hide_the_good(
    shelf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = listed(shelf, capsys)
    assert [models[name]["family"] for name in ("good", "old", "parts")] == ["sd1"] * 3
    assert models["tiny"] == {
        "name": "tiny", "family": "tiny", "file": "", "path": "", "size": 0, "hash": "",
    }  # fmt: skip
    assert "no family" in models["odd"]["error"]
    assert "torn.safetensors" in models["torn"]["error"]
    assert models["good"]["size"] == (shelf / "good.safetensors").stat().st_size
    assert not list(shelf.glob("*.ckpt.safetensors"))  # looking converts nothing


def test_the_list_is_a_table(shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _models.listed([shelf], as_json=False)
    heads, *lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert heads == ["name", "family", "size", "hash", "path"]
    assert ["torn", "unusable"] in [line[:2] for line in lines]


def test_a_hash_is_listed_once_it_was_found(
    shelf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert listed(shelf, capsys)["good"]["hash"] == ""
    found = hashes.sha256(shelf / "good.safetensors")
    assert listed(shelf, capsys)["good"]["hash"] == found[:10]


@pytest.mark.parametrize(
    ("name", "layout"),
    [
        ("good.safetensors", "safetensors file"),
        ("old.ckpt", "torch.save file"),
        ("parts", "diffusers folder"),
    ],
)
def test_a_model_tells_what_is_in_it(
    shelf: Path, capsys: pytest.CaptureFixture[str], name: str, layout: str
) -> None:
    _models.info(shelf / name, [shelf], as_json=True)
    summary = json.loads(capsys.readouterr().out)
    numbers = sum(tensor.numel() for tensor in tiny.weights().tensors.values())
    assert (summary["family"], summary["layout"]) == ("sd1", layout)
    assert (summary["tensors"], summary["numbers"]) == (
        len(tiny.weights().tensors),
        {"float32": numbers},
    )
    assert summary["sha256"] == hashes.sha256(shelf / name)
    assert summary["hash"] == summary["sha256"][:10]
    assert ("legacy hash" in summary) == (name != "parts")


def test_a_model_tells_what_stands_beside_it(
    shelf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shelf / "good.vae.pt").touch()
    (shelf / "good.yaml").write_text('model:\n  params:\n    parameterization: "v"\n')
    _models.info(shelf / "good.safetensors", [shelf], as_json=False)
    lines = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert lines["autoencoder"] == str(shelf / "good.vae.pt")
    assert lines["underpaint.prediction"] == "v"
    assert lines["underpaint.latent_scale"] == "1"


def test_what_paints_nothing_is_shown_too(shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _models.info(shelf / "odd.safetensors", [shelf], as_json=True)
    assert json.loads(capsys.readouterr().out)["family"] == "none that paints"
    with pytest.raises(WeightsError, match=r"torn\.safetensors"):
        _models.info(shelf / "torn.safetensors", [shelf], as_json=False)


def test_a_model_is_written_anew_beside_itself(
    shelf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _models.convert(shelf / "old.ckpt", NOTHING)
    assert capsys.readouterr().out == f"{shelf / 'old.safetensors'}\n"
    found = checkpoint.read(shelf / "old.safetensors")
    wanted = tiny.weights().tensors
    assert found.tensors.keys() == wanted.keys()
    assert all(torch.equal(found.tensors[name], wanted[name]) for name in wanted)

    _models.convert(shelf / "parts", NOTHING | {"dtype": "float16", "out": str(shelf / "half.x")})
    halved = checkpoint.read(shelf / "half.x")
    assert {promise.dtype for promise in halved.promised.values()} == {torch.float16}


def test_another_autoencoder_is_written_in(shelf: Path) -> None:
    tensors = dict(tiny.weights().tensors)
    name = "first_stage_model.decoder.conv_in.weight"
    tensors[name] = torch.full_like(tensors[name], 7)
    checkpoint.save(shelf / "other.safetensors", tensors, {})
    out = shelf / "both.safetensors"
    wanted = NOTHING | {"vae": str(shelf / "other.safetensors"), "out": str(out)}
    _models.convert(shelf / "good.safetensors", wanted)
    assert (checkpoint.read(out).tensors[name] == 7).all()


def test_nothing_is_written_over_and_mistakes_are_told(shelf: Path) -> None:
    before = (shelf / "good.safetensors").read_bytes()
    with pytest.raises(StorageError, match="it is there already"):
        _models.convert(shelf / "good.safetensors", NOTHING)
    assert (shelf / "good.safetensors").read_bytes() == before
    with pytest.raises(RequestError, match="to is 'onnx'; it must be one of safetensors, diff"):
        _models.convert(shelf / "good.safetensors", NOTHING | {"to": "onnx"})
    with pytest.raises(RequestError, match="dtype is 'int3'; it must be one of float32, float16"):
        _models.convert(shelf / "old.ckpt", NOTHING | {"dtype": "int3"})
