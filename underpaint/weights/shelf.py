"""Where models stand: the folders a person names, and the one that comes with the package."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from underpaint.errors import ModelNotFoundError, StorageError

__all__ = ["Book", "find", "listing"]

SUFFIX = ".safetensors"
MAX_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Book:
    """A model's file and the name it is asked for by.

    Attributes:
        name: its place below the folder without the ending, such as "anime/soft"; unique in a
            listing.
        path: the file.
        embedded: it comes with the package.
    """

    name: str
    path: Path
    embedded: bool = False


def listing(folders: Sequence[Path] = ()) -> tuple[Book, ...]:
    """Return all models: those in the folders, then those that come with the package.

    Folders within folders are looked into, eight deep; hidden ones, and links to folders, are not.
    Of two models of one name the first one counts.

    Args:
        folders: the most important first; one that does not exist is empty.

    Raises:
        StorageError: a folder is there but cannot be read.
    """
    books: dict[str, Book] = {}
    for folder in folders:
        for path in _walked(Path(folder), MAX_DEPTH):
            name = path.relative_to(folder).with_suffix("").as_posix()
            books.setdefault(name, Book(name, path))
    for book in _embedded():
        books.setdefault(book.name, book)
    return tuple(books.values())


def find(name: str, folders: Sequence[Path] = ()) -> Path:
    """Return the file of a model.

    Args:
        name: a name of the listing, or its last part, with or without ".safetensors". It is only
            ever compared with what the folders hold, so it cannot lead out of them.
        folders: as for `listing`.

    Raises:
        ModelNotFoundError: there is no such model; lists those there are.
        StorageError: a folder is there but cannot be read.
    """
    books = listing(folders)
    asked = name.removesuffix(SUFFIX)
    for known in (lambda book: book.name, lambda book: book.path.stem):
        for book in books:
            if known(book) == asked:
                return book.path
    there = ", ".join(book.name for book in books) or "none"
    raise ModelNotFoundError(f"no {name!r} in models; there are: {there}")


def _walked(folder: Path, depth: int) -> Iterator[Path]:
    """Yield the model files in a folder, sorted, then those in the folders within."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise StorageError(f"cannot read the folder {str(folder)!r}: {reason}") from error
    shown = [entry for entry in entries if not entry.name.startswith(".")]
    yield from (Path(entry) for entry in shown if entry.name.endswith(SUFFIX) and entry.is_file())
    if depth > 0:
        for entry in shown:
            if entry.is_dir(follow_symlinks=False):
                yield from _walked(Path(entry), depth - 1)


def _embedded() -> Iterator[Book]:
    folder = Path(str(files("underpaint"))) / "models"
    for path in _walked(folder, 1):
        if path.stem == path.parent.name:
            yield Book(path.stem, path, embedded=True)
