"""The only place that writes files, so that a picture is whole on disk or not there at all.

A file is filled under a passing name beside its place, flushed to the disk and then renamed; a
crash or a full disk at any moment leaves the old file as it was. What a crash leaves of the new
one ends in ".part", and `sweep` removes it.
"""

import contextlib
import errno
import os
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from underpaint.errors import StorageError

PREFIX = ".underpaint-"
SUFFIX = ".part"

_NUMBERED = re.compile(r"(\d{5,})-")
_CANNOT_FLUSH = (errno.EINVAL, errno.ENOTSUP)


def folder(path: Path) -> Path:
    """The folder `path`, made with its parents if need be, and writable.

    Raises:
        StorageError: it is not a folder, or cannot be made or written.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"cannot make the folder {str(path)!r}: {_reason(error)}") from error
    with _storing(path, "write in"), _filled(path, b""):
        return path


def write(path: Path, data: bytes) -> None:
    """Make `path` hold `data`: wholly, or the file there before stays as it was.

    When this returns, the bytes and the name are on the disk, not only on their way to it.

    Args:
        path: the file, in a folder that exists; one that is there is replaced.
        data: all of its bytes.

    Raises:
        StorageError: it cannot be written; names the file and the reason.
    """
    with _storing(path), _filled(path.parent, data) as partial:
        os.replace(partial, path)
        _flush_folder(path.parent)


def add(folder: Path, stem: str, suffix: str, data: bytes) -> Path:
    """The new numbered file of `folder` that holds `data`; never one that was there.

    Two programs may add to one folder at a time, and neither overwrites the other's files.

    Args:
        folder: where, a folder that exists.
        stem: what follows the number in the name, such as the seed.
        suffix: how the name ends, such as ".png".
        data: all of its bytes.

    Raises:
        StorageError: it cannot be written; names the file and the reason.
    """
    with _storing(folder), _filled(folder, data) as partial:
        path = _claimed(folder, stem, suffix)
        try:
            os.replace(partial, path)
        except BaseException:
            path.unlink()
            raise
        _flush_folder(folder)
    return path


def unused(folder: Path, stem: str, suffix: str) -> Path:
    """A path in `folder` with the next free number in front: "00007-stem.png".

    Numbers start at 00000 and go on from the highest in the folder, whatever follows it in the
    name, so that names sort by age. The name is not claimed: `add` does that.

    Args:
        folder: where to look, a folder that exists.
        stem: what follows the number in the name, such as the seed.
        suffix: how the name ends, such as ".png".

    Raises:
        StorageError: the folder cannot be read.
    """
    with _storing(folder, "read"), os.scandir(folder) as files:
        matches = [_NUMBERED.match(file.name) for file in files]
    number = max((int(match[1]) for match in matches if match), default=-1) + 1
    return folder / f"{number:05d}-{stem}{suffix}"


def sweep(folder: Path, older_than: float = 3600.0) -> tuple[Path, ...]:
    """Remove what crashed writes left in `folder`, and nothing else; tells what it removed.

    Args:
        folder: where to look, not below; one that does not exist has nothing to sweep.
        older_than: seconds since a leftover was last written, 0 or more: a younger one may be
            a file that another program is writing now.

    Raises:
        StorageError: the folder cannot be read, or a leftover not removed.
    """
    removed: list[Path] = []
    with _storing(folder, "sweep"):
        for partial in sorted(folder.glob(f"{PREFIX}*{SUFFIX}")):
            if time.time() - partial.stat().st_mtime >= older_than:
                partial.unlink(missing_ok=True)
                removed.append(partial)
    return tuple(removed)


def contained(root: Path, name: str) -> Path:
    """The path of `name` below `root`, links followed.

    Args:
        root: the folder that must not be left; it need not exist.
        name: a relative name, such as "2026/00007-1.png", from somebody we need not trust.

    Raises:
        StorageError: the name leads elsewhere: upwards, to an absolute path, through a link.
    """
    outside = StorageError(f"{name!r} is not the name of a file inside the folder {root.name!r}")
    try:
        top = root.resolve()
        path = (top / name).resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise outside from error
    if path == top or not path.is_relative_to(top) or ".." in Path(name).parts:
        raise outside
    return path


@contextlib.contextmanager
def _storing(path: Path, doing: str = "write") -> Iterator[None]:
    """Say what could not be done to which path, should the disk refuse."""
    try:
        yield
    except OSError as error:
        raise StorageError(f"cannot {doing} {str(path)!r}: {_reason(error)}") from error


@contextlib.contextmanager
def _filled(folder: Path, data: bytes) -> Iterator[Path]:
    """A file in `folder` that holds `data`, flushed; gone at the end unless renamed."""
    partial = folder / f"{PREFIX}{secrets.token_hex(8)}{SUFFIX}"
    try:
        with open(partial, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield partial
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def _claimed(folder: Path, stem: str, suffix: str) -> Path:
    while True:
        path = unused(folder, stem, suffix)
        with contextlib.suppress(FileExistsError):
            path.open("xb").close()
            return path


def _flush_folder(folder: Path) -> None:
    """Have the disk remember the names in a folder, where a system can be told to."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_FLUSH:
            raise
    finally:
        os.close(descriptor)


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
