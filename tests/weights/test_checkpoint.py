"""Weights go through a file unchanged, agree with the safetensors package, and have a hash."""

import hashlib
import os
from pathlib import Path

import pytest
import safetensors
import safetensors.torch
import torch
from torch import Tensor

from underpaint.errors import StorageError, WeightsError
from underpaint.weights import checkpoint
from underpaint.weights._header import DTYPES
from underpaint.weights.checkpoint import Weights

TENSORS = {
    "matrix": torch.arange(12, dtype=torch.float32).reshape(3, 4),
    "scalar": torch.tensor(1.5, dtype=torch.float64),
    "nothing": torch.zeros(0, 3),
    "flags": torch.tensor([True, False, True]),
    "turned": torch.arange(6).reshape(2, 3).T,
    **{f"of {dtype}": torch.ones(5).to(dtype) for dtype in DTYPES.values()},
}
METADATA = {name: name * 3 for name in ("zeta", "alpha", "ünï\ncode", "beta", "gamma")}


def same(found: Tensor, wanted: Tensor) -> bool:
    as_bytes = [t.contiguous().reshape(-1).view(torch.uint8) for t in (found, wanted)]
    return (found.dtype, found.shape) == (wanted.dtype, wanted.shape) and torch.equal(*as_bytes)


def test_what_is_saved_is_read(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "w.safetensors", TENSORS, METADATA)
    weights = checkpoint.read(tmp_path / "w.safetensors")

    assert weights.metadata == METADATA
    assert weights.tensors.keys() == TENSORS.keys()
    assert all(same(weights.tensors[name], TENSORS[name]) for name in TENSORS)
    assert weights.shapes == {name: tuple(tensor.shape) for name, tensor in TENSORS.items()}
    assert (weights.name, weights.path) == ("w", tmp_path / "w.safetensors")


def test_the_safetensors_package_reads_ours(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "w.safetensors", TENSORS, METADATA)
    with safetensors.safe_open(tmp_path / "w.safetensors", "pt") as file:
        assert file.metadata() == METADATA
        assert all(same(file.get_tensor(name), TENSORS[name]) for name in TENSORS)


def test_ours_reads_the_safetensors_packages(tmp_path: Path) -> None:
    kept = {name: tensor.contiguous() for name, tensor in TENSORS.items()}
    safetensors.torch.save_file(kept, tmp_path / "w.safetensors", METADATA)
    weights = checkpoint.read(tmp_path / "w.safetensors")
    assert weights.metadata == METADATA
    assert all(same(weights.tensors[name], TENSORS[name]) for name in TENSORS)


def test_the_header_is_known_without_the_tensors(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "w.safetensors", TENSORS, METADATA)
    header = checkpoint.header(tmp_path / "w.safetensors")
    assert header.metadata == METADATA
    places = {name: (place.dtype, place.shape) for name, place in header.places.items()}
    assert places == {name: (t.dtype, tuple(t.shape)) for name, t in TENSORS.items()}


def test_the_same_contents_give_the_same_bytes() -> None:
    turned = dict(reversed(TENSORS.items())), dict(reversed(METADATA.items()))
    assert checkpoint.serialised(TENSORS, METADATA) == checkpoint.serialised(*turned)


def test_tensors_stay_in_the_file_until_used(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "w.safetensors", {"a": torch.zeros(4)}, {})
    kept = checkpoint.read(tmp_path / "w.safetensors").tensors["a"]
    checkpoint.save(tmp_path / "w.safetensors", {"a": torch.ones(4)}, {})  # by renaming
    assert kept.tolist() == [0, 0, 0, 0]


def test_writing_to_a_tensor_does_not_reach_the_file(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "w.safetensors", {"a": torch.zeros(4)}, {})
    checkpoint.read(tmp_path / "w.safetensors").tensors["a"].fill_(1)
    assert checkpoint.read(tmp_path / "w.safetensors").tensors["a"].tolist() == [0, 0, 0, 0]


def test_a_hash_is_that_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    checkpoint.save(path, TENSORS, METADATA)
    weights = checkpoint.read(path)
    assert weights.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert weights.short_hash == weights.sha256[:10]


def test_weights_that_were_made_have_the_hash_of_the_file_they_would_be(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "w.safetensors", TENSORS, METADATA)
    made = Weights(TENSORS, METADATA)
    assert made.sha256 == checkpoint.read(tmp_path / "w.safetensors").sha256
    assert made.name == ""


def test_the_hash_stays_that_of_what_was_read(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    checkpoint.save(path, {"a": torch.zeros(4)}, {})
    wanted = hashlib.sha256(path.read_bytes()).hexdigest()
    weights = checkpoint.read(path)
    checkpoint.save(path, {"a": torch.zeros(5)}, {})
    assert weights.sha256 == wanted
    path.unlink()
    assert weights.sha256 == wanted


def test_saving_where_nothing_can_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        checkpoint.save(tmp_path / "missing" / "w.safetensors", TENSORS, {})


def unreadable(tmp_path: Path) -> dict[str, Path]:
    loop = tmp_path / "loop.safetensors"
    loop.symlink_to(loop)
    os.mkfifo(tmp_path / "pipe.safetensors")
    return {
        "No such file": tmp_path / "missing.safetensors",
        "folder": tmp_path,
        "pipe": tmp_path / "pipe.safetensors",
        "symbolic links": loop,
        "null": Path("a\0b.safetensors"),
        "device": Path("/dev/zero"),
        "too long": tmp_path / ("x" * 300),
    }


@pytest.mark.parametrize(
    "reason",
    [
        "No such file",
        "folder",
        "pipe",
        "symbolic links",
        "null",
        "device",
        "too long",
    ],
)
def test_what_is_no_readable_file_is_refused_at_once(tmp_path: Path, reason: str) -> None:
    path = unreadable(tmp_path)[reason]
    for act in (checkpoint.read, checkpoint.header):
        with pytest.raises(WeightsError, match=reason) as caught:
            act(path)
        assert str(caught.value).startswith("cannot read '")
        assert "\n" not in str(caught.value)
