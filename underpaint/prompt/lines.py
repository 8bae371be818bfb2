"""Lines that a prompt may leave the choice of to chance, from text files that a person keeps."""

import functools
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from underpaint.errors import StorageError, UnknownEntryError

MAX_FOLDERS = 8
"""How deep in folders files are looked for."""
MAX_BYTES = 2**20
"""Bytes of a file."""

Lines: TypeAlias = Callable[[str], Sequence[str]]
"""The lines to choose from, by a name; or UnknownEntryError."""


def none(name: str) -> Sequence[str]:
    """Know no lines.

    Raises:
        UnknownEntryError: always.
    """
    raise UnknownEntryError("wildcards", name, ())


def folders(*paths: Path) -> Lines:
    """Return the lines of the text files in folders, and in folders within, eight deep.

    A name is only ever compared with what the folders hold, so it cannot lead out of them; links
    are not followed. A file is read once.

    Args:
        *paths: where they are, the most important first; one that does not exist is empty.
    """

    def lines(name: str) -> Sequence[str]:
        found: dict[str, Path] = {}
        for path in reversed(paths):
            found |= _files(path)
        if name not in found:
            raise UnknownEntryError("wildcards", name, tuple(sorted(found)))
        try:
            with found[name].open("rb") as file:
                data = file.read(MAX_BYTES + 1)
            text = data.decode("utf-8-sig")
        except (OSError, ValueError) as error:
            raise StorageError(f"cannot read the lines in {str(found[name])!r}: {error}") from error
        if len(data) > MAX_BYTES:
            raise StorageError(f"{str(found[name])!r} is larger than {MAX_BYTES} bytes")
        stripped = (line.strip() for line in text.splitlines())
        return [line for line in stripped if line and not line.startswith("#")]

    return functools.cache(lines)


def _files(folder: Path) -> dict[str, Path]:
    """Return the text files in a folder by their names without the ending."""
    found: dict[str, Path] = {}
    for place, folders, names in os.walk(folder):
        inner = Path(place).relative_to(folder)
        if len(inner.parts) >= MAX_FOLDERS:
            folders.clear()
        for name in names:
            file = Path(place) / name
            if file.suffix == ".txt" and file.is_file() and not file.is_symlink():
                found[(inner / file.stem).as_posix()] = file
    return found
