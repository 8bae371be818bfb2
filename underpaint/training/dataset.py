"""A folder of pictures with captions, made ready: one size, RGB, bytes in one mapped file.

Captions stand beside the pictures: `cat.txt` for `cat.png`, or one `metadata.jsonl` whose lines
are `{"file_name": "cat.png", "text": "a cat"}`, where `text` may be a list of ways to say it and
`background` may be the three numbers of the colour that transparent pixels are laid on.
"""

import hashlib
import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import torch
from numpy.typing import NDArray
from torch import Tensor

from underpaint import files
from underpaint.errors import MediaError, TrainingError
from underpaint.events import Event, Progress
from underpaint.media import Image
from underpaint.training.events import Noted

__all__ = ["Pictures", "Source", "prepare", "sources"]

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif"})
WHITE = (255, 255, 255)
MOST_NOTES = 20
"""Bad pictures reported one by one; beyond, only their number."""


@dataclass(frozen=True, slots=True)
class Source:
    """One picture of the folder and what is said about it."""

    path: Path
    captions: tuple[str, ...] = ()
    """Ways to describe it; empty when there are none."""
    background: tuple[int, int, int] = WHITE
    """What transparent pixels are laid on."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """A prepared data set.

    Attributes:
        pixels: (N, size, size, 3) uint8, mapped from disk.
        captions: one tuple of captions a picture; may be empty.
        fingerprint: names exactly these pictures, these captions, this size.
    """

    pixels: NDArray[numpy.uint8]
    captions: tuple[tuple[str, ...], ...]
    fingerprint: str

    def __len__(self) -> int:
        """Return how many pictures there are."""
        return len(self.pixels)

    def batch(self, indices: Tensor, device: torch.device | None = None) -> Tensor:
        """Return pictures as a network wants them.

        Args:
            indices: (B,), which ones.
            device: where they are wanted; the bytes travel there, a fourth of the numbers. None =
                the CPU.

        Returns:
            (B, 3, size, size) float32 in -1..1, channels last in memory.
        """
        chosen = torch.from_numpy(self.pixels[indices.numpy()]).to(device or torch.device("cpu"))
        return chosen.permute(0, 3, 1, 2).float() / 127.5 - 1


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


def prepare(folder: Path, cache: Path, *, size: int) -> Generator[Event, None, Pictures]:
    """Make a folder of pictures ready to train on; what was made before is used again.

    Each picture is scaled until its shorter side fits, its middle cut out, and transparent pixels
    laid on its background. A picture that cannot be read is reported and left out.

    Args:
        folder: pictures with captions.
        cache: folder that receives the prepared bytes.
        size: width and height, pixels.

    Yields:
        Progress, and a note for each picture left out.

    Returns:
        The data set.

    Raises:
        TrainingError: no picture of the folder can be used.
    """
    found = yield from sources(folder)
    name = _fingerprint(found, size)
    pixels_path, kept_path = (
        cache / f"pictures-{name[:16]}.npy",
        cache / f"pictures-{name[:16]}.json",
    )
    if not kept_path.is_file():
        yield from _write(found, pixels_path, kept_path, size)
    kept: list[int] = json.loads(kept_path.read_text("utf-8"))
    if not kept:
        raise TrainingError(f"none of the {len(found)} pictures in {str(folder)!r} can be read")
    pixels = numpy.load(pixels_path, mmap_mode="r")[: len(kept)]
    return Pictures(pixels, tuple(found[index].captions for index in kept), name)


def _fingerprint(found: list[Source], size: int) -> str:
    """Name the contents of all files, captions and settings."""
    digest = hashlib.sha256(f"pictures 1 {size}".encode())
    for source in found:
        words = [source.path.name, _contents(source.path)]
        told = [*words, list(source.captions), list(source.background)]
        digest.update(json.dumps(told).encode())
    return digest.hexdigest()


def _contents(path: Path) -> str:
    """Return the hash of a file, "" for one that cannot be opened: reading it will say why."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _write(
    found: list[Source], pixels_path: Path, kept_path: Path, size: int
) -> Generator[Event, None, None]:
    """Fill the mapped file; the list of those kept is written last and makes it valid."""
    files.folder(pixels_path.parent)
    pixels = numpy.lib.format.open_memmap(
        pixels_path, mode="w+", dtype=numpy.uint8, shape=(len(found), size, size, 3)
    )
    kept: list[int] = []
    for index, source in enumerate(found):
        try:
            pixels[len(kept)] = fitted(Image.read(source.path).rgb(source.background), size)
            kept.append(index)
        except MediaError as error:
            if index + 1 - len(kept) <= MOST_NOTES:
                yield Noted(f"left out: {error}")
        yield Progress(index + 1, len(found), "preprocess")
    pixels.flush()
    files.write(kept_path, json.dumps(kept).encode())
    if len(kept) < len(found):
        yield Noted(f"{len(found) - len(kept)} of {len(found)} pictures cannot be read, left out")


def fitted(picture: Image, size: int) -> NDArray[numpy.uint8]:
    """Return the middle square of a picture, scaled.

    Args:
        picture: RGB.
        size: wanted width and height.

    Returns:
        (size, size, 3) uint8.
    """
    scale = size / min(picture.width, picture.height)
    width = max(size, round(picture.width * scale))
    height = max(size, round(picture.height * scale))
    pixels = picture.resized(width, height).array()
    top, left = (height - size) // 2, (width - size) // 2
    return pixels[top : top + size, left : left + size]
