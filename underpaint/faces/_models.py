"""What is known about models, and models written anew: `underpaint models` and its verbs."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NotRequired, TypedDict

from underpaint.engines import _models, _worker
from underpaint.errors import UnderpaintError, WeightsError
from underpaint.faces._tables import size_words, table, write
from underpaint.weights import autoencoder, checkpoint, conversion, folder, hashes, shelf
from underpaint.weights.checkpoint import Header, Place


class Row(TypedDict):
    """What a list says of a model."""

    name: str
    file: str
    path: str
    size: int
    hash: str
    family: str
    error: NotRequired[str]


def listed(folders: Sequence[Path], *, as_json: bool) -> None:
    """Write the models there are: files, folders, and those that are made when they are asked for.

    Args:
        folders: where to look, besides the package.
        as_json: write a list of objects instead of a table.

    Raises:
        StorageError: a folder cannot be read.
    """
    rows = [_row(book) for book in shelf.listing(folders)]
    names = {row["name"] for row in rows}
    rows += [_made(name, id) for name, id in _models.made().items() if name not in names]
    if as_json:
        write(json.dumps(rows, ensure_ascii=False))
        return
    heads = ("name", "family", "size", "hash", "path")
    cells = [
        [row["name"], row["family"], size_words(row["size"]), row["hash"], row["path"]]
        for row in rows
    ]
    write(table([heads, *cells]))


def _row(book: shelf.Book) -> Row:
    """Return what a list says of a model; of one that cannot be used, why."""
    known = hashes.known(book.path)
    row: Row = {
        "name": book.name,
        "file": book.file,
        "path": str(book.path),
        "size": _size(book.path),
        "hash": known[: hashes.SHORT] if known else "",
        "family": "unusable",
    }
    try:
        row["family"] = _worker.family(checkpoint.shapes(book.path), book.name)
    except UnderpaintError as error:
        row["error"] = str(error)
    return row


def _made(name: str, family: str) -> Row:
    return {"name": name, "file": "", "path": "", "size": 0, "hash": "", "family": family}


def info(path: Path, folders: Sequence[Path], *, as_json: bool) -> None:
    """Write what a model says of itself; a pickle is not converted for it.

    Args:
        path: its file or folder.
        folders: where its own autoencoder is looked for.
        as_json: write an object instead of a table.

    Raises:
        WeightsError: it is not acceptable.
    """
    summary = _summary(path, folders)
    lines = [[name, str(value)] for name, value in summary.items()]
    write(json.dumps(summary, ensure_ascii=False) if as_json else table(lines))


def _summary(path: Path, folders: Sequence[Path]) -> dict[str, object]:
    header, layout = _header(path)
    shapes = {name: each.shape for name, each in header.places.items()}
    numbers = Counter[str]()
    for each in header.places.values():
        numbers[str(each.dtype).removeprefix("torch.")] += _product(each.shape)
    beside = shelf.first_stage_of(path, folders)
    found: dict[str, object] = {
        "family": _family(shapes),
        "layout": layout,
        "size": _size(path),
        "sha256": hashes.sha256(path),
        "hash": hashes.sha256(path)[: hashes.SHORT],
    }
    found |= {} if path.is_dir() else {"legacy hash": hashes.legacy(path)}
    found |= {"autoencoder": str(beside)} if beside else {}
    return found | {"tensors": len(shapes), "numbers": dict(numbers)} | dict(header.metadata)


def _family(shapes: Mapping[str, tuple[int, ...]]) -> str:
    """Return what paints with such weights; nothing does with a LoRA, say, and it may be shown."""
    try:
        return _worker.family(shapes, "")
    except WeightsError:
        return "none that paints"


def _header(path: Path) -> tuple[Header, str]:
    if not folder.is_one(path):
        safe = path.suffix == ".safetensors"
        return checkpoint.header(path), "safetensors file" if safe else "torch.save file"
    weights = checkpoint.read(path)
    places = {name: Place(p.dtype, p.shape, 0) for name, p in weights.promised.items()}
    return Header(places, weights.metadata), "diffusers folder"


def convert(path: Path, wanted: Mapping[str, str | None]) -> None:
    """Write a model anew, and say where.

    Args:
        path: its file or folder.
        wanted: "to", the layout; "out", where; "dtype"; "vae", another autoencoder's file; each
            None for what is usual.

    Raises:
        RequestError: no such layout or dtype.
        StorageError: it cannot be written, or something is there already.
        WeightsError: it is not acceptable, or cannot be laid out so.
    """
    layout = wanted["to"] or conversion.LAYOUTS[0]
    usual = conversion.place(path, layout)
    out = Path(wanted["out"]) if wanted["out"] else usual
    weights = checkpoint.read(path)
    if wanted["vae"]:
        weights = autoencoder.replaced(weights, Path(wanted["vae"]))
    if wanted["dtype"]:
        weights = conversion.cast(weights, wanted["dtype"])
    conversion.write(weights, out, layout)
    write(str(out))


def _size(path: Path) -> int:
    files = [path] if path.is_file() else path.rglob("*")
    return sum(each.stat().st_size for each in files if each.is_file())


def _product(shape: Sequence[int]) -> int:
    product = 1
    for side in shape:
        product *= side
    return product
