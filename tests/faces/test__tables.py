"""What is told about models and files."""

import json
from pathlib import Path

import numpy
import pytest
import torch

from underpaint import infotext
from underpaint.errors import MediaError, WeightsError
from underpaint.faces import _tables
from underpaint.families import tiny
from underpaint.media import Image
from underpaint.requests.image import ImageRequest
from underpaint.weights import checkpoint

REQUEST = ImageRequest(prompt="a fox", seed=7, variation_seed=-1, batch=1, schedule="karras")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a good model, one of no family and one that is none."""
    weights = tiny.weights()
    checkpoint.save(tmp_path / "good.safetensors", weights.tensors, weights.metadata)
    checkpoint.save(tmp_path / "odd.safetensors", {"odd": torch.zeros(3)}, {})
    (tmp_path / "torn.safetensors").write_bytes(b"123")
    return tmp_path


def test_models_are_listed_and_bad_ones_do_not_hide_the_good(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _tables.models([folder], as_json=False)
    heads, *lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert heads == ["name", "family", "size", "hash", "path"]
    by_name = {line[0]: line for line in lines}
    good = folder / "good.safetensors"
    assert by_name["good"][1] == "sd1"
    assert by_name["good"][-2:] == [checkpoint.read(good).short_hash, str(good)]
    assert by_name["odd"][1] == by_name["torn"][1] == "unusable"


def test_models_as_json_say_what_is_wrong(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _tables.models([folder], as_json=True)
    models = {model["name"]: model for model in json.loads(capsys.readouterr().out)}
    assert "no family" in models["odd"]["error"]
    assert "torn.safetensors" in models["torn"]["error"]
    assert models["good"]["size"] == (folder / "good.safetensors").stat().st_size


def test_a_picture_tells_how_it_was_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = infotext.write(REQUEST, model_hash="0123456789", model_name="mini")
    path = tmp_path / "fox.png"
    path.write_bytes(Image.of(numpy.zeros((8, 8), numpy.uint8), text).png())

    _tables.info(path, as_json=False)
    assert capsys.readouterr().out == f"{text}\n"
    _tables.info(path, as_json=True)
    assert ImageRequest.from_json(capsys.readouterr().out) == REQUEST


def test_a_picture_without_a_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "plain.png"
    path.write_bytes(Image.of(numpy.zeros((8, 8), numpy.uint8)).png())
    with pytest.raises(MediaError, match=r"plain.png' carries no text"):
        _tables.info(path, as_json=False)


def test_a_model_tells_what_is_in_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "good.safetensors"
    _tables.info(path, as_json=False)
    lines = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert lines["family"] == "sd1"
    assert lines["sha256"] == checkpoint.read(path).sha256

    _tables.info(path, as_json=True)
    summary = json.loads(capsys.readouterr().out)
    assert summary["tensors"] == len(tiny.weights().tensors)
    assert summary["numbers"] == {
        "float32": sum(tensor.numel() for tensor in tiny.weights().tensors.values())
    }
    assert summary["underpaint.latent_scale"] == "1"


def test_a_torn_model_is_told(folder: Path) -> None:
    with pytest.raises(WeightsError, match=r"torn\.safetensors"):
        _tables.info(folder / "torn.safetensors", as_json=False)


def test_columns_stand_below_each_other() -> None:
    assert _tables.table([["a", "bbb", "c"], ["aa", "b", "cc"]]) == "a   bbb  c\naa  b    cc"


@pytest.mark.parametrize(
    ("size", "words"), [(0, "0 bytes"), (1023, "1023 bytes"), (1536, "1.5 KiB"), (2**32, "4.0 GiB")]
)
def test_sizes_have_the_unit_that_suits_them(size: int, words: str) -> None:
    assert _tables.size_words(size) == words
