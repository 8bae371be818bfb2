"""Weights go through a file unchanged, agree with the safetensors package, and have a hash."""

import gc
import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import safetensors
import safetensors.torch
import torch
from torch import Tensor

from underpaint.errors import StorageError, WeightsError
from underpaint.weights import _safetensors
from underpaint.weights._header import DTYPES
from underpaint.weights._safetensors import Weights

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
    _safetensors.save(tmp_path / "w.safetensors", TENSORS, METADATA)
    weights = _safetensors.read(tmp_path / "w.safetensors")

    assert weights.metadata == METADATA
    assert weights.tensors.keys() == TENSORS.keys()
    assert all(same(weights.tensors[name], TENSORS[name]) for name in TENSORS)
    assert weights.shapes == {name: tuple(tensor.shape) for name, tensor in TENSORS.items()}
    assert (weights.name, weights.path) == ("w", tmp_path / "w.safetensors")


def test_the_safetensors_package_reads_ours(tmp_path: Path) -> None:
    _safetensors.save(tmp_path / "w.safetensors", TENSORS, METADATA)
    with safetensors.safe_open(tmp_path / "w.safetensors", "pt") as file:
        assert file.metadata() == METADATA
        assert all(same(file.get_tensor(name), TENSORS[name]) for name in TENSORS)


def test_ours_reads_the_safetensors_packages(tmp_path: Path) -> None:
    kept = {name: tensor.contiguous() for name, tensor in TENSORS.items()}
    safetensors.torch.save_file(kept, tmp_path / "w.safetensors", METADATA)
    weights = _safetensors.read(tmp_path / "w.safetensors")
    assert weights.metadata == METADATA
    assert all(same(weights.tensors[name], TENSORS[name]) for name in TENSORS)


def test_the_header_is_known_without_the_tensors(tmp_path: Path) -> None:
    _safetensors.save(tmp_path / "w.safetensors", TENSORS, METADATA)
    header = _safetensors.header(tmp_path / "w.safetensors")
    assert header.metadata == METADATA
    places = {name: (place.dtype, place.shape) for name, place in header.places.items()}
    assert places == {name: (t.dtype, tuple(t.shape)) for name, t in TENSORS.items()}


def test_the_same_contents_give_the_same_bytes() -> None:
    turned = dict(reversed(TENSORS.items())), dict(reversed(METADATA.items()))
    assert _safetensors.serialised(TENSORS, METADATA) == _safetensors.serialised(*turned)


def test_tensors_stay_in_the_file_until_used(tmp_path: Path) -> None:
    _safetensors.save(tmp_path / "w.safetensors", {"a": torch.zeros(4)}, {})
    kept = _safetensors.read(tmp_path / "w.safetensors").tensors["a"]
    _safetensors.save(tmp_path / "w.safetensors", {"a": torch.ones(4)}, {})  # by renaming
    assert kept.tolist() == [0, 0, 0, 0]


def test_writing_to_a_tensor_does_not_reach_the_file(tmp_path: Path) -> None:
    _safetensors.save(tmp_path / "w.safetensors", {"a": torch.zeros(4)}, {})
    _safetensors.read(tmp_path / "w.safetensors").tensors["a"].fill_(1)
    assert _safetensors.read(tmp_path / "w.safetensors").tensors["a"].tolist() == [0, 0, 0, 0]


def test_a_hash_is_that_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    _safetensors.save(path, TENSORS, METADATA)
    weights = _safetensors.read(path)
    assert weights.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert weights.short_hash == weights.sha256[:10]


def test_weights_that_were_made_have_the_hash_of_the_file_they_would_be(tmp_path: Path) -> None:
    _safetensors.save(tmp_path / "w.safetensors", TENSORS, METADATA)
    made = Weights(TENSORS, METADATA)
    assert made.sha256 == _safetensors.read(tmp_path / "w.safetensors").sha256
    assert made.name == ""


def test_the_hash_stays_that_of_what_was_read(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    _safetensors.save(path, {"a": torch.zeros(4)}, {})
    wanted = hashlib.sha256(path.read_bytes()).hexdigest()
    weights = _safetensors.read(path)
    _safetensors.save(path, {"a": torch.zeros(5)}, {})
    assert weights.sha256 == wanted
    path.unlink()
    assert weights.sha256 == wanted


def test_saving_where_nothing_can_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        _safetensors.save(tmp_path / "missing" / "w.safetensors", TENSORS, {})


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
    for act in (_safetensors.read, _safetensors.header):
        with pytest.raises(WeightsError, match=reason) as caught:
            act(path)
        assert str(caught.value).startswith("cannot read '")
        assert "\n" not in str(caught.value)


def test_tensors_are_read_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _safetensors.save(tmp_path / "w.safetensors", TENSORS, METADATA)
    taken: list[str] = []
    whole = _safetensors._Pieces.tensor

    def counted(pieces: Any, place: Any) -> Tensor:  # noqa: ANN401
        taken.append(str(place.dtype))
        return whole(pieces, place)

    monkeypatch.setattr(_safetensors._Pieces, "tensor", counted)
    weights = _safetensors.read(tmp_path / "w.safetensors")
    assert weights.shapes.keys() == TENSORS.keys()
    assert weights.promised["matrix"].nbytes == 48
    assert taken == []
    _safetensors.save(tmp_path / "again.safetensors", weights.tensors, weights.metadata)
    assert len(taken) == len(TENSORS)
    again = (tmp_path / "again.safetensors").read_bytes()
    assert again == (tmp_path / "w.safetensors").read_bytes()


def test_many_threads_may_read_at_once(tmp_path: Path) -> None:
    wanted = {str(n): torch.full((1000,), float(n)) for n in range(64)}
    _safetensors.save(tmp_path / "w.safetensors", wanted, {})
    tensors = _safetensors.read(tmp_path / "w.safetensors").tensors
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(tensors.__getitem__, [*wanted] * 4))
    assert all(torch.equal(t, wanted[n]) for t, n in zip(found, [*wanted] * 4, strict=True))


def test_a_file_is_open_as_long_as_its_tensors_are_and_no_longer(tmp_path: Path) -> None:
    _safetensors.save(tmp_path / "w.safetensors", TENSORS, METADATA)
    fds = Path("/proc/self/fd")
    before = len(list(fds.iterdir()))
    held = [_safetensors.read(tmp_path / "w.safetensors") for _ in range(5)]
    assert len(list(fds.iterdir())) == before + 5
    del held
    gc.collect()
    assert len(list(fds.iterdir())) == before
