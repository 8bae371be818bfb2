"""What is known about something: as a table, or as JSON."""

import sys
from collections.abc import Sequence
from pathlib import Path

from underpaint import infotext
from underpaint.errors import MediaError
from underpaint.media import Image


def info(path: Path, *, as_json: bool) -> None:
    """Write how a picture was made.

    Args:
        path: a picture.
        as_json: write its request as an object.

    Raises:
        MediaError: it is no picture, or one that carries no text.
        RequestError: what the text asks for is not allowed here; only as JSON.
    """
    text = Image.read(path).text
    if not text:
        raise MediaError(f"{str(path)!r} carries no text that says how it was made")
    write(infotext.read(text).to_json() if as_json else text)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as lines with their columns below each other; the last one may be of any length.

    Args:
        rows: of equal length, all cells texts.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    widths[-1:] = [0]
    lines = ("  ".join(map(str.ljust, row, widths)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def size_words(size: int) -> str:
    """Return bytes in a unit that suits them: "27.4 MiB"."""
    amount, unit = float(size), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if amount < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"


def write(text: str) -> None:
    """Write a text and a line's end to standard output."""
    sys.stdout.write(f"{text}\n")
