"""A picture through a network piece by piece, so that what is needed at a time does not grow.

A piece reaches over its neighbours. Its outermost positions, which the network sees without all of
their surroundings, are left out, and over the next ones it fades into its neighbour: so no seam
shows. A position is a square of pixels that the network takes as one, or makes of one.
"""

from collections.abc import Callable, Generator, Sequence
from itertools import product
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor

__all__ = ["Piece", "at_once", "by_pieces", "count", "pieces"]

T = TypeVar("T")

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


def by_pieces(
    network: Callable[[Tensor], Tensor], whole: Tensor, *, tile: int, fold: int = 1, scale: int = 1
) -> Generator[None, None, Tensor]:
    """Send a picture through a network; yields after each piece.

    Args:
        network: from a piece (1, C, h * fold, w * fold) to (1, D, h * scale, w * scale).
        whole: (1, C, H * fold, W * fold).
        tile: positions a side that a piece has at most, above 32; what is no larger is one piece.
        fold: pixels a side of a position as it goes in.
        scale: pixels a side of a position as it comes out.

    Returns:
        (1, D, H * scale, W * scale), float32, on the CPU.
    """
    down, across = (side // fold for side in whole.shape[2:])
    canvas = torch.zeros(0)
    for row, column in product(pieces(down, tile, scale), pieces(across, tile, scale)):
        found = network(whole[..., row.pixels(fold), column.pixels(fold)]).float().cpu()
        if not canvas.numel():
            canvas = torch.zeros(1, found.shape[1], down * scale, across * scale)
        place = canvas[..., row.pixels(scale), column.pixels(scale)]
        place += found * row.shares[:, None] * column.shares
        yield
    return canvas


def at_once(work: Generator[object, None, T]) -> T:
    """Return what work comes to, without a word about each of its steps."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def count(side: int, tile: int) -> int:
    """Return how many pieces a side has.

    Args:
        side: positions.
        tile: positions that a piece has at most, above 32.
    """
    return len(_starts(side, tile))


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
