"""Checkpoints written anew hold the same numbers, and never take another file's place."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from underpaint.errors import RequestError, StorageError, WeightsError
from underpaint.families import tiny
from underpaint.weights import checkpoint, conversion, packed
from underpaint.weights.checkpoint import Weights


def test_one_file_holds_what_was_read(tmp_path: Path) -> None:
    torch.save(dict(tiny.weights().tensors), tmp_path / "old.ckpt")
    weights = checkpoint.read(tmp_path / "old.ckpt")
    conversion.write(weights, tmp_path / "new.safetensors", "safetensors")
    found, wanted = checkpoint.read(tmp_path / "new.safetensors"), tiny.weights().tensors
    assert found.tensors.keys() == wanted.keys()
    assert all(torch.equal(found.tensors[name], wanted[name]) for name in wanted)
    assert found.metadata == {"format": "pt"}


def test_a_dtype_is_that_of_fractional_numbers_only() -> None:
    tensors = {"a": torch.tensor([0.1, 70000.0]), "ids": torch.arange(3)}
    found = conversion.cast(Weights(tensors, {}), "bfloat16")
    assert found.promised["a"].dtype == found.tensors["a"].dtype == torch.bfloat16
    assert found.tensors["ids"].dtype == torch.int64


def test_packed_weights_are_unpacked() -> None:
    plain = {"w": torch.randn(64, 64)}
    found = conversion.cast(Weights(packed.pack(plain), {}), "float16").tensors
    assert list(found) == ["w"]
    assert (found["w"].float() - plain["w"]).abs().max() < 0.03


def test_a_place_beside_the_original_is_usual(tmp_path: Path) -> None:
    path = tmp_path / "v1-5.pruned.ckpt"
    assert conversion.place(path, "safetensors") == tmp_path / "v1-5.pruned.safetensors"
    assert conversion.place(path, "diffusers") == tmp_path / "v1-5.pruned-diffusers"
    assert conversion.place(tmp_path, "safetensors").name == f"{tmp_path.name}.safetensors"


def test_what_is_not_allowed_is_told(tmp_path: Path) -> None:
    weights = replace(tiny.weights(), path=tmp_path)
    with pytest.raises(RequestError, match="to is 'x'; it must be one of safetensors, diffusers"):
        conversion.place(tmp_path, "x")
    with pytest.raises(RequestError, match="dtype is 'x'"):
        conversion.cast(weights, "x")
    with pytest.raises(StorageError, match="it is there already"):
        conversion.write(weights, tmp_path, "safetensors")
    with pytest.raises(WeightsError, match="levels 16 wide; diffusers normalises those under 128"):
        conversion.write(weights, tmp_path / "new", "diffusers")
    assert list(tmp_path.iterdir()) == []
