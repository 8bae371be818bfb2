"""Weights in files of torch.save: `.ckpt`, `.pt`, `.pth` and `.bin`.

Such a file is a program. It is never run: a process of its own, which may use little memory and
time and neither files nor the network, reads what it says of tensors (`_torch_file`, `_pickle`)
and writes them as a safetensors file, once, beside the original. From then on that is what is
read. A file that asks for anything else is refused; there is no second way.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from underpaint import files
from underpaint.errors import StorageError, WeightsError
from underpaint.weights import _safetensors, hashes
from underpaint.weights._header import Header, declared, shown
from underpaint.weights._safetensors import Weights
from underpaint.weights._torch_file import HEADER, REFUSED, SOURCE, UNSTORED

__all__ = ["converted", "header", "read"]

_PATIENCE = 120.0
_ROOT = Path(__file__).parents[2]
_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv.pop(1));"
    "from underpaint.weights._torch_file import main; main()"
)


def read(path: Path) -> Weights:
    """Return the weights in a file of torch.save, converted first if it was not yet.

    Args:
        path: the file.

    Raises:
        WeightsError: it cannot be read, or is not acceptable; says why.
        StorageError: the conversion cannot be written anywhere.
    """
    found = _safetensors.read(converted(path))
    remarks = {name: value for name, value in found.metadata.items() if name != SOURCE}
    return replace(
        found, metadata=remarks, path=path, digest=lambda: hashes.sha256(path), name=path.stem
    )


def header(path: Path) -> Header:
    """Return what a file of torch.save says of its tensors; nothing is converted.

    Args:
        path: the file.

    Raises:
        WeightsError: it cannot be read, or is not acceptable; says why.
    """
    with _safetensors.opened(path) as file:
        return declared(_read(file, path, subprocess.PIPE, HEADER), shown(str(path)))


def converted(path: Path) -> Path:
    """Return the safetensors file that holds what a file of torch.save does, made if need be.

    It stands beside the original as NAME.safetensors, such as `old.ckpt.safetensors`; where that
    folder cannot be written, in the cache.

    Args:
        path: the original.

    Raises:
        WeightsError: it cannot be read, or is not acceptable; says why.
        StorageError: the conversion cannot be written anywhere.
    """
    with _safetensors.opened(path) as file:
        state = os.fstat(file.fileno())
        source = f"{state.st_size} {state.st_mtime_ns}"
        places = _places(path)
        for place in places:
            if _is_of(place, source):
                return place

        place = places[0] if os.access(places[0].parent, os.W_OK) else places[1]
        files.folder(place.parent)
        files.fill(place, lambda out: _read(file, path, out, source))
        return place


def _places(path: Path) -> tuple[Path, Path]:
    """Return where a conversion may stand: beside the original, or in the cache."""
    name = f"{path.name}.safetensors"
    address = hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:16]
    return path.with_name(name), files.cache() / "converted" / address / name


def _is_of(place: Path, source: str) -> bool:
    try:
        return _safetensors.header(place).metadata.get(SOURCE) == source
    except WeightsError:
        return False


def _read(file: BinaryIO, path: Path, out: BinaryIO | int, how: str) -> bytes:
    """Have a process of its own read a file, and return what it wrote, if that was to a pipe.

    Args:
        file: it, open.
        path: its name, for the error.
        out: an empty file, or subprocess.PIPE.
        how: `HEADER`, or the remark that says which file this is.

    Raises:
        WeightsError: the file is not acceptable; says why.
        StorageError: the disk does not take what it writes.
    """
    size = os.fstat(file.fileno()).st_size
    command = [sys.executable, "-I", "-S", "-B", "-c", _PROGRAM, str(_ROOT), how]
    file.seek(0)
    try:
        done = subprocess.run(
            command,
            stdin=file,
            stdout=out,
            stderr=subprocess.PIPE,
            env=_environment(),
            timeout=_PATIENCE + size / 2**23,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _refusal(path, "reading it takes more time than it may") from error
    reason = ascii(done.stderr.decode(errors="replace"))[1:-1][:300]
    if done.returncode == UNSTORED:
        raise StorageError(f"cannot convert {shown(str(path))}: {reason}")
    if done.returncode == REFUSED:
        raise _refusal(path, reason)
    if done.returncode:
        raise _refusal(path, f"its reader ended with {done.returncode}")
    return done.stdout or b""


def _environment() -> Mapping[str, str]:
    """Return the little of the environment without which Python does not start on Windows."""
    return {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}


def _refusal(path: Path, reason: str) -> WeightsError:
    return WeightsError(f"{shown(str(path))} is not acceptable as weights: {reason}")
