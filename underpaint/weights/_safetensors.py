"""Weights in `.safetensors` files: read piece by piece, written whole, known by their hash.

Nothing in such a file is ever run. Its tensors stay on the disk until each is used, and then are
read, not mapped: a file that another program cuts short in the meantime gives an error, where a
mapped one would end the process.
"""

import hashlib
import json
import os
import stat
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from io import FileIO
from pathlib import Path

import torch
from torch import Tensor

from underpaint import files
from underpaint.errors import WeightsError
from underpaint.weights import hashes
from underpaint.weights._header import DTYPES, Header, Place, parse, shown
from underpaint.weights._lazy import Promise, Tensors, promises

__all__ = ["Weights", "header", "opened", "read", "save", "serialised"]

_AT_ONCE = 2**30  # Linux reads no more than 2 GiB in one call


@dataclass(frozen=True, eq=False)
class Weights:
    """Named tensors, and where they came from.

    Attributes:
        tensors: by name, as the file has them (packed ones still packed), each made when it is
            asked for; read, never written.
        metadata: the file's remarks.
        path: the file or folder; None for weights that were made, not read.
        digest: finds the SHA-256 of what was read; None = of the file they would make.
        name: what the model is called: the file's name without its ending, for one that was read.
        first_stage: the file of another autoencoder that took the place of their own; None = none.
    """

    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str]
    path: Path | None = None
    digest: Callable[[], str] | None = None
    name: str = ""
    first_stage: Path | None = None

    @property
    def promised(self) -> Mapping[str, Promise]:
        """What is known of each tensor before it is made."""
        return promises(self.tensors)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each tensor; none is made."""
        return {name: promise.shape for name, promise in self.promised.items()}

    @cached_property
    def sha256(self) -> str:
        """64 hexadecimal digits of the file's bytes (or those it would have), found when asked for.

        Takes about a second for each gigabyte, once for each file: see `hashes`.
        """
        if self.digest is not None:
            return self.digest()
        digest = hashlib.sha256()
        for piece in _pieces(self.tensors, self.metadata):
            digest.update(piece)
        return digest.hexdigest()

    @property
    def short_hash(self) -> str:
        """The first ten digits of `sha256`, by which A1111 and Civitai know a model."""
        return self.sha256[:10]


def header(path: Path) -> Header:
    """Return what a file says of its tensors, without reading any.

    Args:
        path: a `.safetensors` file.

    Raises:
        WeightsError: it cannot be read, or is not one.
    """
    with opened(path) as file:
        return parse(file, _where(path))


def read(path: Path) -> Weights:
    """Return the weights in a file, its tensors for the CPU and not yet touched.

    The file stays open as long as they do: what is read is what was there, even if another file
    has taken its name since.

    Args:
        path: a `.safetensors` file.

    Raises:
        WeightsError: it cannot be read, or is not one; see `_header` for what is checked. Later,
            when a tensor is made: the file has become shorter.
    """
    file = opened(path)
    try:
        found = parse(file, _where(path))
    except WeightsError:
        file.close()
        raise
    pieces = _Pieces(file, _where(path))
    tensors = {name: pieces.promise(place) for name, place in found.places.items()}
    return Weights(Tensors(tensors), found.metadata, path, pieces.sha256, path.stem)


class _Pieces:
    """Reads tensors from an open file, for one thread at a time, and closes it in the end."""

    def __init__(self, file: FileIO, where: str) -> None:
        self._file = file
        self._where = where
        self._alone = threading.Lock()
        weakref.finalize(self, file.close)  # in cycles too, where __del__ can come too late

    def sha256(self) -> str:
        """Return the hash of the file."""
        with self._alone:
            return hashes.sha256_of(self._file)

    def promise(self, place: Place) -> Promise:
        """Return the promise of a tensor."""
        return Promise(place.dtype, place.shape, lambda: self.tensor(place))

    def tensor(self, place: Place) -> Tensor:
        """Read a tensor."""
        count = torch.Size(place.shape).numel()
        data = torch.empty(count * place.dtype.itemsize, dtype=torch.uint8)
        rest = data.numpy().data
        with self._alone:
            self._file.seek(place.start)
            while rest:
                got = self._file.readinto(rest[:_AT_ONCE])
                if not got:
                    raise WeightsError(f"{self._where} became shorter while it was in use")
                rest = rest[got:]
        return data.view(place.dtype).reshape(place.shape)


def save(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write weights as a `.safetensors` file, whole or not at all, one tensor at a time.

    Args:
        path: where; an old file is replaced.
        tensors: by name, on any device.
        metadata: remarks, at most 1 MiB; see `underpaint.families.sd1` for those a model heeds.

    Raises:
        StorageError: it cannot be written.
    """
    files.fill(path, lambda file: file.writelines(_pieces(tensors, metadata)))


def serialised(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> bytes:
    """Return the bytes of a `.safetensors` file; the same contents give the same bytes.

    The `safetensors` package shuffles the metadata at each call, which would give the same model
    another hash each time.

    Args:
        tensors: by name, on any device, of a dtype that `read` accepts.
        metadata: remarks.
    """
    return b"".join(_pieces(tensors, metadata))


def _pieces(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> Iterator[bytes]:
    """Yield the bytes of a `.safetensors` file: the header, then tensor by tensor."""
    promised = promises(tensors)
    names = sorted(promised, key=lambda name: (-promised[name].dtype.itemsize, name))  # aligns them
    labels = {dtype: label for label, dtype in DTYPES.items()}
    entries: dict[str, object] = {"__metadata__": dict(sorted(metadata.items()))}
    end = 0
    for name in names:
        start, end = end, end + promised[name].nbytes
        label, shape = labels[promised[name].dtype], list(promised[name].shape)
        entries[name] = {"dtype": label, "shape": shape, "data_offsets": [start, end]}

    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    yield len(text).to_bytes(8, "little") + text
    for name in names:
        flat = promised[name].make().detach().cpu().contiguous().reshape(-1)
        yield flat.view(torch.uint8).numpy().tobytes()


def opened(path: Path) -> FileIO:
    """Open a file that is a file: opening a pipe would wait for a writer for ever.

    Args:
        path: to be read.

    Raises:
        WeightsError: it is none, or cannot be read.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        file = open(path, "rb", buffering=0, opener=lambda name, _: os.open(name, flags))  # noqa: SIM115
    except IsADirectoryError as error:
        raise WeightsError(f"cannot read {_where(path)}: it is a folder") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise WeightsError(f"cannot read {_where(path)}: {reason}") from error
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise WeightsError(f"cannot read {_where(path)}: it is a pipe or a device")
    return file


def _where(path: Path) -> str:
    return shown(str(path))
