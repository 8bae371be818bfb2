"""A folder of pictures with captions, made ready: one size, RGB, bytes in one mapped file."""

import hashlib
import json
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy
import torch
from numpy.typing import NDArray
from torch import Tensor

from underpaint import files
from underpaint.errors import MediaError, TrainingError
from underpaint.events import Event, Progress
from underpaint.media import Image
from underpaint.training.events import Noted
from underpaint.training.folder import Source, sources

__all__ = ["PictureSet", "Pictures", "fitted", "prepare"]

MOST_NOTES = 20
"""Bad pictures reported one by one; beyond, only their number."""


class PictureSet(Protocol):
    """Numbered pictures with captions, wherever they come from."""

    @property
    def captions(self) -> Sequence[tuple[str, ...]]:
        """Ways to describe each picture; may be empty."""
        ...

    @property
    def fingerprint(self) -> str:
        """A name of exactly these pictures, captions and this size."""
        ...

    def __len__(self) -> int:
        """Return how many there are."""
        ...

    def batch(self, indices: Tensor, device: torch.device | None = None) -> Tensor:
        """Return pictures (B, 3, size, size) in -1..1; see `Pictures.batch`."""
        ...


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
