"""An upscaler: a network bound to weights, that enlarges pictures of any size piece by piece.

A piece reaches over its neighbours. Its outermost positions, which the network sees without all of
their surroundings, are left out, and over the next ones it fades into its neighbour: so no seam
shows, and what a network needs at a time does not grow with the picture. A position is a pixel, or
the square of pixels that the network folds into one.
"""

from collections.abc import Generator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from underpaint.errors import WeightsError
from underpaint.networks.esrgan import Compact, CompactParams, Esrgan, EsrganParams
from underpaint.weights import esrgan
from underpaint.weights._header import shown
from underpaint.weights.rename import bind, hollow

__all__ = ["Piece", "Upscaler", "pieces"]

TILE = 192
LEFT_OUT = 8
FADING = 16


class Piece(NamedTuple):
    """A stretch of a side.

    Attributes:
        start: its first position.
        length: positions.
        shares: how much of each of its pixels counts, (length * scale,); over all pieces 1.
    """

    start: int
    length: int
    shares: Tensor

    def pixels(self, scale: int) -> slice:
        """Return its pixels where each position is so many."""
        return slice(self.start * scale, (self.start + self.length) * scale)


class Upscaler:
    """Enlarges pictures."""

    def __init__(self, path: Path, device: torch.device) -> None:
        """Load a network.

        Args:
            path: its file; the architecture is told by the tensors.
            device: where it is to compute, in float32.

        Raises:
            WeightsError: the file is not acceptable, or holds no upscaler that is known.
            StorageError: it is a pickle, and its conversion cannot be written anywhere.
        """
        weights = esrgan.read(path)
        tensors = {
            name: tensor.to(device, torch.float32) for name, tensor in weights.tensors.items()
        }
        self.name = path.stem
        self._network = _network(tensors, shown(path.name))
        self._device = device

    @property
    def scale(self) -> float:
        """How many times larger a side comes out; not always above 1."""
        return self._network.params.scale

    def count(self, width: int, height: int) -> int:
        """Return in how many pieces a picture of this size is enlarged."""
        return len(_starts(self._folded(width), TILE)) * len(_starts(self._folded(height), TILE))

    def enlarge(self, pixels: Tensor, tile: int = TILE) -> Generator[None, None, Tensor]:
        """Enlarge a picture; yields after each piece.

        Args:
            pixels: (1, 3, H, W), 0..1.
            tile: positions a side that a piece has at most, above 32; a picture that is no larger
                is one piece.

        Returns:
            (1, 3, round(H * scale), round(W * scale)), 0..1.

        Raises:
            WeightsError: the network gives what is no number.
        """
        height, width = pixels.shape[2:]
        down, across = self._folded(height), self._folded(width)
        fold = self._folding
        scale = round(fold * self.scale)
        missing = across * fold - width, down * fold - height
        whole = F.pad(pixels, (0, missing[0], 0, missing[1]), mode="replicate")
        canvas = torch.zeros(1, 3, down * scale, across * scale)
        both = product(pieces(down, tile, scale), pieces(across, tile, scale))
        for row, column in both:
            part = whole[..., row.pixels(fold), column.pixels(fold)]
            place = canvas[..., row.pixels(scale), column.pixels(scale)]
            place += self._enlarged(part) * row.shares[:, None] * column.shares
            yield
        return canvas[..., : round(height * self.scale), : round(width * self.scale)].clamp_(0, 1)

    @torch.no_grad()
    def _enlarged(self, pixels: Tensor) -> Tensor:
        found = self._network(pixels.to(self._device)).float().cpu()
        if not bool(torch.isfinite(found).all()):
            raise WeightsError(f"{self.name!r} gave numbers that are no picture")
        return found

    @property
    def _folding(self) -> int:
        """Pixels a side that make a position."""
        params = self._network.params
        return params.folding if isinstance(params, EsrganParams) else 1

    def _folded(self, side: int) -> int:
        """Return the positions of a side."""
        return -(-side // self._folding)


def pieces(side: int, tile: int, scale: int) -> list[Piece]:
    """Return the pieces of a side.

    Args:
        side: positions.
        tile: positions that a piece has at most, above 32.
        scale: pixels that come of one.
    """
    length, total = min(side, tile), torch.zeros(side * scale)
    found = [
        Piece(start, length, _shares(start, length, side, scale)) for start in _starts(side, tile)
    ]
    for piece in found:
        total[piece.pixels(scale)] += piece.shares
    return [piece._replace(shares=piece.shares / total[piece.pixels(scale)]) for piece in found]


def _starts(side: int, tile: int) -> Sequence[int]:
    """Return where pieces begin; the last one ends where the side does."""
    if side <= tile:
        return (0,)
    last = side - tile
    return [*range(0, last, tile - 2 * LEFT_OUT - FADING), last]


def _shares(start: int, length: int, side: int, scale: int) -> Tensor:
    """Return how much of each pixel of a piece counts; at the picture's own edges all of it."""
    places = (torch.arange(length * scale) + 0.5) / scale
    counts = torch.ones(len(places))
    if start > 0:
        counts = counts.minimum((places - LEFT_OUT) / FADING)
    if start + length < side:
        counts = counts.minimum((length - places - LEFT_OUT) / FADING)
    return counts.clamp(0, 1)


def _unfilled(params: EsrganParams | CompactParams) -> Esrgan | Compact:
    return Esrgan(params) if isinstance(params, EsrganParams) else Compact(params)


def _network(tensors: Mapping[str, Tensor], where: str) -> Esrgan | Compact:
    """Return the network that tensors are of; nothing is initialised, nothing copied.

    Raises:
        WeightsError: they are not whole; names what does not fit.
    """
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    try:
        params = (EsrganParams if "conv_first.weight" in shapes else CompactParams).of(shapes)
    except (KeyError, ValueError, IndexError) as error:
        raise WeightsError(f"{where} has tensors of shapes that no upscaler has") from error
    network = hollow(lambda: _unfilled(params))
    bind(network, tensors, where)
    return network.eval().requires_grad_(False)
