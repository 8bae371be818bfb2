"""What is known about models and files: as a table, or as JSON."""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from underpaint import infotext
from underpaint.engines import _worker
from underpaint.errors import MediaError, UnderpaintError
from underpaint.media import Image
from underpaint.weights import checkpoint, shelf

MODEL = ".safetensors"


def models(folders: Sequence[Path], *, as_json: bool) -> None:
    """Write the models there are.

    Args:
        folders: where to look, besides the package.
        as_json: write a list of objects instead of a table.

    Raises:
        StorageError: a folder cannot be read.
    """
    rows = [_model(book) for book in shelf.listing(folders)]
    if as_json:
        write(json.dumps(rows, ensure_ascii=False))
        return
    heads = ("name", "family", "size", "hash", "path")
    cells = [[str(row.get(head, "")) for head in heads] for row in rows]
    cells = [[name, family, size_words(int(size)), *rest] for name, family, size, *rest in cells]
    write(table([heads, *cells]))


def _model(book: shelf.Book) -> dict[str, object]:
    """Return what a list says of a model; of one that cannot be used, why."""
    row: dict[str, object] = {"name": book.name, "path": str(book.path)}
    row["size"] = book.path.stat().st_size
    try:
        weights = checkpoint.read(book.path)
        return row | {"family": _worker.family(weights), "hash": weights.short_hash}
    except UnderpaintError as error:
        return row | {"family": "unusable", "hash": "", "error": str(error)}


def info(path: Path, *, as_json: bool) -> None:
    """Write how a picture was made, or what a model's file says of itself.

    Args:
        path: a picture, or a file that ends in ".safetensors".
        as_json: write the picture's request or the file's summary as an object.

    Raises:
        MediaError: it is no picture, or one that carries no text.
        WeightsError: it is no acceptable file of weights.
        RequestError: what the text asks for is not allowed here; only as JSON.
    """
    if path.suffix == MODEL:
        summary = _summary(path)
        lines = [[name, str(value)] for name, value in summary.items()]
        write(json.dumps(summary, ensure_ascii=False) if as_json else table(lines))
        return
    text = Image.read(path).text
    if not text:
        raise MediaError(f"{str(path)!r} carries no text that says how it was made")
    write(infotext.read(text).to_json() if as_json else text)


def _summary(path: Path) -> dict[str, object]:
    """Return what the header of a model's file tells."""
    weights = checkpoint.read(path)
    numbers = Counter[str]()
    for tensor in weights.tensors.values():
        numbers[str(tensor.dtype).removeprefix("torch.")] += tensor.numel()
    return {
        "family": _worker.family(weights),
        "size": path.stat().st_size,
        "sha256": weights.sha256,
        "tensors": len(weights.tensors),
        "numbers": dict(numbers),
        **dict(weights.metadata),
    }


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
