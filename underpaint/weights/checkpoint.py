"""Weights in `.safetensors` files: read into memory's reach, written whole, known by their hash.

Nothing in such a file is ever run. Its tensors stay on disk until they are used (`mmap`), so a file
must not be cut shorter while a model built from it is in use; one replaced by renaming, as
`underpaint.files.write` does it, may.
"""

import hashlib
import json
import mmap
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import torch
from torch import Tensor

from underpaint import files
from underpaint.errors import WeightsError
from underpaint.weights._header import DTYPES, Header, Place, parse, shown

__all__ = ["Header", "Place", "Weights", "header", "read", "save", "serialised"]


@dataclass(frozen=True, eq=False)
class Weights:
    """Named tensors, and where they came from.

    Attributes:
        tensors: by name, as the file has them (packed ones still packed); read, never written.
        metadata: the file's remarks.
        path: the file; None for weights that were made, not read.
        data: the file's bytes, as they are even if another file has taken its name since.
        name: what the model is called: the file's name without its ending, for one that was read.
    """

    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str]
    path: Path | None = None
    data: mmap.mmap | None = None
    name: str = ""

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each tensor."""
        return {name: tuple(tensor.shape) for name, tensor in self.tensors.items()}

    @cached_property
    def sha256(self) -> str:
        """64 hexadecimal digits of the file's bytes (or those it would have), found when asked for.

        Takes about a second for each gigabyte, once.
        """
        data = serialised(self.tensors, self.metadata) if self.data is None else self.data
        return hashlib.sha256(data).hexdigest()

    @property
    def short_hash(self) -> str:
        """The first ten digits of `sha256`, by which A1111 and Civitai know a model."""
        return self.sha256[:10]


def header(path: str | os.PathLike[str]) -> Header:
    """Return what a file says of its tensors, without reading any.

    Args:
        path: a `.safetensors` file.

    Raises:
        WeightsError: it cannot be read, or is not one.
    """
    with _opened(Path(path)) as file:
        return parse(file, _where(Path(path)))


def read(path: str | os.PathLike[str]) -> Weights:
    """Return the weights in a file, its tensors on the CPU and not yet touched.

    Args:
        path: a `.safetensors` file.

    Raises:
        WeightsError: it cannot be read, or is not one; see `_header` for what is checked.
    """
    path = Path(path)
    with _opened(path) as file:
        found = parse(file, _where(path))
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    tensors = {name: _tensor(mapped, place) for name, place in found.places.items()}
    return Weights(tensors, found.metadata, path, mapped, path.stem)


def save(
    path: str | os.PathLike[str], tensors: Mapping[str, Tensor], metadata: Mapping[str, str]
) -> None:
    """Write weights as a `.safetensors` file, whole or not at all.

    Args:
        path: where; an old file is replaced.
        tensors: by name, on any device.
        metadata: remarks, at most 1 MiB; see `underpaint.families.sd1` for those a model heeds.

    Raises:
        StorageError: it cannot be written.
    """
    files.write(Path(path), serialised(tensors, metadata))


def serialised(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> bytes:
    """Return the bytes of a `.safetensors` file; the same contents give the same bytes.

    The `safetensors` package shuffles the metadata at each call, which would give the same model
    another hash each time.

    Args:
        tensors: by name, on any device, of a dtype that `read` accepts.
        metadata: remarks.
    """
    names = sorted(tensors, key=lambda name: (-tensors[name].dtype.itemsize, name))  # aligns them
    labels = {dtype: label for label, dtype in DTYPES.items()}
    entries: dict[str, object] = {"__metadata__": dict(sorted(metadata.items()))}
    end = 0
    for name in names:
        start, end = end, end + tensors[name].nbytes
        label, shape = labels[tensors[name].dtype], list(tensors[name].shape)
        entries[name] = {"dtype": label, "shape": shape, "data_offsets": [start, end]}

    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([len(text).to_bytes(8, "little"), text, *(_bytes(tensors[n]) for n in names)])


def _bytes(tensor: Tensor) -> bytes:
    flat = tensor.detach().cpu().contiguous().reshape(-1)
    return flat.view(torch.uint8).numpy().tobytes()


def _tensor(mapped: mmap.mmap, place: Place) -> Tensor:
    if 0 in place.shape:
        return torch.empty(place.shape, dtype=place.dtype)
    count = torch.Size(place.shape).numel()
    if place.start % place.dtype.itemsize == 0:
        flat = torch.frombuffer(mapped, dtype=place.dtype, count=count, offset=place.start)
    else:  # a vector instruction may not load it from there
        size = count * place.dtype.itemsize
        data = torch.frombuffer(mapped, dtype=torch.uint8, count=size, offset=place.start)
        flat = data.clone().view(place.dtype)
    return flat.reshape(place.shape)


def _opened(path: Path) -> BinaryIO:
    """Open a file that is a file: opening a pipe would wait for a writer for ever."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise WeightsError(f"cannot read {_where(path)}: {reason}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise WeightsError(f"cannot read {_where(path)}: it is a folder, a pipe or a device")
    return os.fdopen(descriptor, "rb")


def _where(path: Path) -> str:
    return shown(str(path))
