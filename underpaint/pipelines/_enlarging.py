"""Pictures brought to a larger size: by what is built in, or by an upscaler's network."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Sequence
from pathlib import Path

import numpy
import torch

from underpaint.errors import RequestError
from underpaint.families._pieces import at_once
from underpaint.families._upscaler import Upscaler
from underpaint.media import MAX_PIXELS, Image
from underpaint.weights import upscalers

__all__ = ["Enlarger", "enlarger", "nearest"]

AT_MOST = 3
"""How often a network goes over a picture that is to become larger still, as in AUTOMATIC1111."""


class Enlarger(ABC):
    """Brings pictures to a size."""

    @abstractmethod
    def steps(self, size: tuple[int, int], wanted: tuple[int, int]) -> int:
        """Return how many steps it takes.

        Args:
            size: width and height of a picture.
            wanted: those that it is to come to.

        Raises:
            RequestError: what a network makes on the way is more than a picture can be.
        """

    @abstractmethod
    def walk(self, picture: Image, width: int, height: int) -> Generator[None, None, Image]:
        """Bring a picture to a size; yields after each step.

        Args:
            picture: of any mode, which stays.
            width: wanted, in pixels.
            height: wanted.

        Raises:
            RequestError: what a network makes on the way is more than a picture can be.
            WeightsError: a network gives what is no picture.
        """

    def __call__(self, picture: Image, width: int, height: int) -> Image:
        """Bring a picture to a size; see `walk`."""
        return at_once(self.walk(picture, width, height))


def enlarger(name: str, folders: Sequence[Path], device: torch.device) -> Enlarger:
    """Return what enlarges under a name.

    Args:
        name: lanczos, nearest, or a file's.
        folders: where models are, and so the files of upscalers.
        device: where a network is to compute.

    Raises:
        ModelNotFoundError: there is no such file; lists those there are.
        WeightsError: it is not acceptable.
        StorageError: a folder cannot be read.
    """
    if name in _BUILT_IN:
        return _Plain(_BUILT_IN[name])
    return _Learned(Upscaler(upscalers.find(name, folders), device))


def nearest(picture: Image, width: int, height: int) -> Image:
    """Return a picture at a size, each pixel the nearest of those there were."""
    rows = numpy.arange(height) * picture.height // height
    columns = numpy.arange(width) * picture.width // width
    return Image.of(picture.array()[rows][:, columns])


_BUILT_IN = {"lanczos": Image.resized, "nearest": nearest}


class _Plain(Enlarger):
    """Enlarges at once."""

    def __init__(self, scale: Callable[[Image, int, int], Image]) -> None:
        self._scale = scale

    def steps(self, size: tuple[int, int], wanted: tuple[int, int]) -> int:
        return 1

    def walk(self, picture: Image, width: int, height: int) -> Generator[None, None, Image]:
        large = self._scale(picture, width, height)
        yield
        return large


class _Learned(Enlarger):
    """Enlarges by a network as often as it takes, and comes to the very size by Lanczos."""

    def __init__(self, upscaler: Upscaler) -> None:
        self._upscaler = upscaler

    def steps(self, size: tuple[int, int], wanted: tuple[int, int]) -> int:
        return sum(self._upscaler.count(*each) for each in self._passes(size, wanted))

    def walk(self, picture: Image, width: int, height: int) -> Generator[None, None, Image]:
        levels = torch.from_numpy(picture.array()).float() / 255  # (H, W) or (H, W, C)
        colours = levels[..., :3] if levels.ndim == 3 else levels[..., None].repeat(1, 1, 3)
        pixels = colours.permute(2, 0, 1)[None]
        for _ in self._passes((picture.width, picture.height), (width, height)):
            pixels = yield from self._upscaler.enlarge(pixels)
        colours = pixels[0].permute(1, 2, 0).mul_(255).round_().to(torch.uint8)
        large = Image.of(colours.contiguous().numpy()).resized(width, height)
        if picture.mode == "L":
            return large.grey()
        return large if picture.mode == "RGB" else _veiled(large, picture)

    def _passes(self, size: tuple[int, int], wanted: tuple[int, int]) -> list[tuple[int, int]]:
        """Return the sizes of what the network is shown, one after the other.

        One that becomes smaller needs no network, and is not shown to any.

        Raises:
            RequestError: what the network makes is more than a picture can be.
        """
        found, scale = [size], self._upscaler.scale
        if wanted != size and wanted[0] <= size[0] and wanted[1] <= size[1]:
            return []
        if _area(size, scale) > MAX_PIXELS:
            raise RequestError(
                f"{self._upscaler.name!r} enlarges {scale:g} times, which makes more than "
                f"{MAX_PIXELS // 2**20} megapixels of {size[0]}x{size[1]}; take one that does less"
            )
        while scale > 1 and len(found) < AT_MOST:
            size = round(size[0] * scale), round(size[1] * scale)
            large = size[0] >= wanted[0] and size[1] >= wanted[1]
            if large or _area(size, scale) > MAX_PIXELS:
                break
            found.append(size)
        return found


def _area(size: tuple[int, int], scale: float) -> int:
    return round(size[0] * scale) * round(size[1] * scale)


def _veiled(large: Image, picture: Image) -> Image:
    """Return a picture with the transparency of a smaller one."""
    alpha = Image.of(numpy.ascontiguousarray(picture.array()[..., 3]))
    levels = alpha.resized(large.width, large.height).array()
    return Image.of(numpy.dstack([large.array(), levels]))
