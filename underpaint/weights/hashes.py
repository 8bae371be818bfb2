"""The hashes by which models are known: found once for each file, then remembered.

    6ce0161689   the first ten digits of the SHA-256 of the file's bytes: A1111 since January 2023,
                 Civitai, the texts in pictures
    81761151     the older one: the first eight digits of the SHA-256 of 64 KiB in the midst of the
                 file, which tells few files from others, and which old pictures carry

A file whose place, size and time of writing are as they were is taken to be the same file.
"""

import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import BinaryIO, cast

from underpaint import files
from underpaint.errors import StorageError, WeightsError

__all__ = ["SHORT", "behind_header", "known", "legacy", "sha256", "sha256_of"]

SHORT = 10

_LEGACY_START, _LEGACY_SIZE = 2**20, 2**16
_MAX_REMEMBERED = 2**20
_AT_ONCE = 2**22


def sha256(path: Path) -> str:
    """Return the 64 hexadecimal digits of a file's SHA-256, or of a folder's.

    Args:
        path: a file; or a folder of diffusers, for which it is that of the list of its files of
            weights, in the form that `sha256sum` writes.

    Raises:
        WeightsError: it cannot be read.
    """
    if path.is_dir():
        return _joined(path)
    try:
        with path.open("rb") as file:
            return sha256_of(file)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def sha256_of(file: BinaryIO) -> str:
    """Return the SHA-256 of an open file, whatever has become of its name.

    Args:
        file: open for reading; where it stands is left as it is.

    Raises:
        WeightsError: it cannot be read.
    """
    path = Path(str(file.name))
    try:
        state = os.fstat(file.fileno())
        if (found := _remembered().get(_key(path, state))) is not None:
            return found
        found = _digested(file, state.st_size)
    except OSError as error:
        raise _unreadable(path, error) from error
    _remember(_key(path, state), found)
    return found


def behind_header(path: Path) -> str:
    """Return the SHA-256 of the numbers in a file, whatever is remarked in it: LoRA's in A1111.

    Args:
        path: a safetensors file; of any other it is that of all its bytes.

    Raises:
        WeightsError: it cannot be read.
    """
    if path.suffix != ".safetensors":
        return sha256(path)
    try:
        with path.open("rb") as file:
            state = os.fstat(file.fileno())
            key = f"behind {_key(path, state)}"
            if (found := _remembered().get(key)) is None:
                start = 8 + int.from_bytes(file.read(8), "little")
                found = _digested(file, state.st_size, start)
                _remember(key, found)
            return found
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def known(path: Path) -> str | None:
    """Return the SHA-256 of a file if it was found before, else None; reads nothing of the file.

    Args:
        path: a file or folder, or one that is not there.
    """
    if path.is_dir():
        there = all(known(part) for part in _parts(path))
        return _joined(path) if there else None
    try:
        return _remembered().get(_key(path, path.stat()))
    except (OSError, ValueError):
        return None


def legacy(path: Path) -> str:
    """Return the older hash of a file, eight hexadecimal digits; of a short file that of nothing.

    Args:
        path: a file.

    Raises:
        WeightsError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            file.seek(_LEGACY_START)
            return hashlib.sha256(file.read(_LEGACY_SIZE)).hexdigest()[:8]
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _parts(folder: Path) -> list[Path]:
    """Return the files of weights in a folder; conversions are not among them."""
    pickles = sorted(folder.rglob("*.bin"))
    converted = {pickle.with_name(f"{pickle.name}.safetensors") for pickle in pickles}
    safe = [path for path in folder.rglob("*.safetensors") if path not in converted]
    return sorted([*pickles, *safe])


def _joined(folder: Path) -> str:
    lines = [f"{sha256(part)}  {part.relative_to(folder).as_posix()}\n" for part in _parts(folder)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _digested(file: BinaryIO, size: int, start: int = 0) -> str:
    digest, place = hashlib.sha256(), file.tell()
    try:
        file.seek(start)
        while start < size and (piece := file.read(min(_AT_ONCE, size - start))):
            digest.update(piece)
            start += len(piece)
    finally:
        file.seek(place)
    return digest.hexdigest()


def _key(path: Path, state: os.stat_result) -> str:
    return json.dumps([str(path.absolute()), state.st_size, state.st_mtime_ns, state.st_ino])


def _store() -> Path:
    return files.cache() / "hashes.json"


def _remembered() -> dict[str, str]:
    """Return what was found before; nothing if that cannot be read, for it can be found again."""
    with contextlib.suppress(OSError, ValueError):
        with _store().open("rb") as file:
            found = json.loads(file.read(_MAX_REMEMBERED))
        if isinstance(found, dict):
            return cast("dict[str, str]", found)
    return {}


def _remember(key: str, found: str) -> None:
    """Keep a hash. A disk that takes none costs time, not correctness."""
    with contextlib.suppress(StorageError):
        files.folder(_store().parent)
        everything = _remembered() | {key: found}
        recent = list(everything.items())[-2000:]
        files.write(_store(), json.dumps(dict(recent), indent=0).encode())


def _unreadable(path: Path, error: Exception) -> WeightsError:
    reason = error.strerror if isinstance(error, OSError) else error
    return WeightsError(f"cannot read {str(path)!a}: {reason}")
