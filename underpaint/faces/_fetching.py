"""Models fetched and hashes told: the verbs of `underpaint models` that compute nothing."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from underpaint.faces._tables import table, write
from underpaint.weights import hashes, hub, shelf


def pull(name: str, folder: Path, *, mirror: str | None, variant: str | None) -> None:
    """Fetch a model from the hub, and say where it is.

    Args:
        name: "owner/repository" or "owner/repository/file".
        folder: where models are.
        mirror: another server's address.
        variant: of a diffusers folder.

    Raises:
        ModelNotFoundError: there is no such repository or file.
        DownloadError: it cannot be fetched, or is not what was promised.
        StorageError: it cannot be kept.
    """
    place = hub.pull(name, folder, mirror=mirror, variant=variant or "", note=_note)
    write(str(place))


def _note(words: str) -> None:
    sys.stderr.write(f"{words}\n")


def told(names: Sequence[str], folders: Sequence[Path], *, as_json: bool) -> None:
    """Write the hashes of models: as AUTOMATIC1111 writes them, in full, and the older ones.

    Args:
        names: of models; none = all that are in the folders.
        folders: where to look, besides the package.
        as_json: write a list of objects instead of a table.

    Raises:
        ModelNotFoundError: there is no model of a name.
        WeightsError: one cannot be read.
    """
    books = shelf.listing(folders)
    asked = [shelf.find_in(books, name) for name in names] if names else books
    rows = [_row(book) for book in asked]
    if as_json:
        write(json.dumps(rows, ensure_ascii=False))
    else:
        heads = ("title", "sha256", "legacy")
        write(table([heads, *[[row[head] for head in heads] for row in rows]]))


def _row(book: shelf.Book) -> dict[str, str]:
    sha256 = hashes.sha256(book.path)
    legacy = "" if book.path.is_dir() else hashes.legacy(book.path)
    return {"title": book.title, "name": book.name, "sha256": sha256, "legacy": legacy}
