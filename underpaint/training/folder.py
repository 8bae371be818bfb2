"""A folder of pictures as people keep them, and what is said about each.

Captions stand beside the pictures: `cat.txt` for `cat.png`, or one `metadata.jsonl` whose lines
are `{"file_name": "cat.png", "text": "a cat"}`, where `text` may be a list of ways to say it and
`background` may be the three numbers of the colour that transparent pixels are laid on.
"""

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from underpaint.errors import TrainingError
from underpaint.events import Event
from underpaint.training.events import Noted

__all__ = ["Source", "sources"]

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif"})
WHITE = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Source:
    """One picture of the folder and what is said about it."""

    path: Path
    captions: tuple[str, ...] = ()
    """Ways to describe it; empty when there are none."""
    background: tuple[int, int, int] = WHITE
    """What transparent pixels are laid on."""


def sources(folder: Path) -> Generator[Event, None, list[Source]]:
    """List the pictures of a folder and its subfolders with their captions, by name.

    Args:
        folder: what to look through.

    Yields:
        A note for each line of `metadata.jsonl` that cannot be used.

    Returns:
        One source a picture.

    Raises:
        TrainingError: there is no such folder, or no picture in it.
    """
    if not folder.is_dir():
        raise TrainingError(f"there is no folder {str(folder)!r} to train on")
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not paths:
        kinds = ", ".join(sorted(SUFFIXES))
        raise TrainingError(f"there are no pictures ({kinds}) in {str(folder)!r}")
    lines = yield from _metadata(folder)
    return [_source(path, lines.get(path.relative_to(folder).as_posix())) for path in paths]


def _metadata(folder: Path) -> Generator[Event, None, dict[str, Source]]:
    """Read `metadata.jsonl` where there is one: sources by file name."""
    path = folder / "metadata.jsonl"
    known: dict[str, Source] = {}
    lines = path.read_text("utf-8", errors="replace").splitlines() if path.is_file() else []
    for number, line in enumerate(lines, start=1):
        try:
            if line.strip():
                entry: Mapping[str, Any] = json.loads(line)
                known[str(entry["file_name"])] = _described(folder, entry)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            yield Noted(f"skipped line {number} of metadata.jsonl: {error!r}")
    return known


def _described(folder: Path, entry: Mapping[str, Any]) -> Source:
    text = entry.get("text", ())
    captions = (text,) if isinstance(text, str) else tuple(str(part) for part in text)
    red, green, blue = (int(part) for part in entry.get("background", WHITE))
    if not all(0 <= part <= 255 for part in (red, green, blue)):
        raise ValueError(f"background is {[red, green, blue]}; its parts must be 0 to 255")
    return Source(folder / str(entry["file_name"]), captions, (red, green, blue))


def _source(path: Path, described: Source | None) -> Source:
    if described is not None:
        return Source(path, described.captions, described.background)
    beside = path.with_suffix(".txt")
    text = beside.read_text("utf-8", errors="replace").strip() if beside.is_file() else ""
    return Source(path, (text,) if text else ())
