"""Upscalers' files by the names that people know them by; imports no torch.

AUTOMATIC1111 fetches some by itself and lists them under names of its own: a picture's text says
"R-ESRGAN 4x+", and the file is RealESRGAN_x4plus.pth. Both names find it.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from underpaint.errors import ModelNotFoundError
from underpaint.weights import shelf
from underpaint.weights.shelf import Book

__all__ = ["ALIASES", "find", "label", "listing", "said"]

KIND = "upscalers"
BUILT_IN = ("lanczos", "nearest")
USUAL = 4.0

_TIMES = re.compile(r"(?<![a-z0-9])(?:([1-8])x|x([1-8]))(?![0-9])", re.I)

ALIASES: Mapping[str, str] = {
    "ESRGAN_4x": "ESRGAN",
    "R-ESRGAN General 4xV3": "realesr-general-x4v3",
    "R-ESRGAN General WDN 4xV3": "realesr-general-wdn-x4v3",
    "R-ESRGAN AnimeVideo": "realesr-animevideov3",
    "R-ESRGAN 4x+": "RealESRGAN_x4plus",
    "R-ESRGAN 4x+ Anime6B": "RealESRGAN_x4plus_anime_6B",
    "R-ESRGAN 2x+": "RealESRGAN_x2plus",
}
"""A1111's names, and the names of the files that they stand for."""


def listing(folders: Sequence[Path]) -> tuple[Book, ...]:
    """Return the files of upscalers there are.

    Args:
        folders: where models are; see `shelf` for their subfolders.

    Raises:
        StorageError: a folder is there but cannot be read.
    """
    return shelf.listing(folders, KIND)


def find(name: str, folders: Sequence[Path]) -> Path:
    """Return the file of an upscaler.

    Args:
        name: as `shelf.find_in` takes it, or A1111's for it.
        folders: as for `listing`.

    Raises:
        ModelNotFoundError: there is no such file; lists those there are.
        StorageError: a folder is there but cannot be read.
    """
    books = listing(folders)
    known = {book.name.rpartition("/")[2] for book in books}
    other = ALIASES.get(name, name)
    try:
        return shelf.find_in(books, other if other in known else name, KIND).path
    except ModelNotFoundError as error:
        there = ", ".join((*BUILT_IN, *(book.name for book in books)))
        raise ModelNotFoundError(f"no {name!r} in {KIND}; there are: {there}") from error


def label(book: Book) -> str:
    """Return what A1111 calls an upscaler: a name of its own, or the file's.

    Args:
        book: of a listing.
    """
    names = {file: name for name, file in ALIASES.items()}
    return names.get(book.path.stem, book.path.stem)


def said(book: Book) -> float:
    """Return how many times an upscaler enlarges by what its name says; most do 4 times.

    Args:
        book: of a listing.
    """
    times = _TIMES.search(label(book).replace("_", " "))
    return float(times[1] or times[2]) if times else USUAL
