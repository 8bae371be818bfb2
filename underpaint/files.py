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
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

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
    with _storing(path, "write in"), _filled(path, lambda _: None):
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
    fill(path, lambda file: file.write(data))


def fill(path: Path, writing: Callable[[BinaryIO], object]) -> None:
    """Make `path` hold what `writing` writes: wholly, or the file there before stays as it was.

    Args:
        path: the file, in a folder that exists; one that is there is replaced.
        writing: is given an empty file, open for writing in bytes; if it raises, nothing happens.

    Raises:
        StorageError: it cannot be written; names the file and the reason.
    """
    with _storing(path), _filled(path.parent, writing) as partial:
        os.replace(partial, path)
        _flush_folder(path.parent)


def extend(path: Path, pieces: Iterable[bytes], start: int) -> None:
    """Go on writing a file that is not whole yet; what is written stays, whatever happens then.

    Args:
        path: the file, made if need be. Nothing may take it for a whole one: `adopt` gives it its
            name when it is.
        pieces: the bytes that follow, as they come.
        start: where they go, at most the file's size; what stood behind is forgotten.

    Raises:
        StorageError: it cannot be written; names the file and the reason.
    """
    with contextlib.ExitStack() as stack:
        with _storing(path):
            file = stack.enter_context(open(path, "ab", buffering=0))
            file.truncate(start)
        for piece in pieces:  # whose own errors are not the disk's
            with _storing(path):
                file.write(piece)


def fill_folder(path: Path, writing: Callable[[Path], object]) -> None:
    """Make the folder `path` hold what `writing` writes: wholly, or it is not there at all.

    Args:
        path: the folder, in one that exists; it must not be there, or be empty.
        writing: is given an empty folder; if it raises, nothing happens.

    Raises:
        StorageError: it cannot be written, or is there already; names the folder and the reason.
    """
    partial = path.parent / f"{PREFIX}{secrets.token_hex(8)}{SUFFIX}"
    try:
        writing(folder(partial))
        adopt(partial, path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def adopt(source: Path, path: Path) -> None:
    """Move a file that is whole, or a folder of such files, to its place, all at once.

    Args:
        source: it, on the disk that `path` is on; its bytes are flushed first.
        path: where; a file there is replaced, a folder there must be empty.

    Raises:
        StorageError: it cannot be moved; names the place and the reason.
    """
    with _storing(path):
        for each in sorted(source.rglob("*")) if source.is_dir() else [source]:
            if each.is_dir():
                _flush_folder(each)
            else:
                _flush(each)
        os.replace(source, path)
        _flush_folder(path.parent)


def remove(path: Path) -> None:
    """Remove a file; one that is not there is gone already.

    Raises:
        StorageError: it cannot be removed; names the file and the reason.
    """
    with _storing(path, "remove"):
        path.unlink(missing_ok=True)
        _flush_folder(path.parent)


def cache() -> Path:
    """The folder for what can be made anew at any time, where the system wants such things.

    It need not be there; `folder` makes it.
    """
    if sys.platform == "win32":
        root = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        root = Path.home() / "Library" / "Caches"
    else:
        root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "underpaint"


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
    with _storing(folder), _filled(folder, lambda file: file.write(data)) as partial:
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
                if partial.is_dir():
                    shutil.rmtree(partial)
                else:
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
def _filled(folder: Path, writing: Callable[[BinaryIO], object]) -> Iterator[Path]:
    """A file in `folder` that holds what was written, flushed; gone at the end unless renamed."""
    partial = folder / f"{PREFIX}{secrets.token_hex(8)}{SUFFIX}"
    try:
        with open(partial, "xb") as file:
            writing(file)
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


def _flush(path: Path) -> None:
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


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
