"""One Brownian path, asked for at any time and in any order."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from underpaint.diffusion._seed_tree import SeedTree

DIGITS = 6
"""Times are rounded to so many, as in torchsde: the tree ends where they are met."""


@dataclass(frozen=True, slots=True)
class BrownianPath:
    """A Brownian motion W over an interval of time, W(start) = 0, fixed by its seed alone.

    A virtual tree (Li et al. 2020, arXiv:2001.01328, section 4): W halfway between two known values
    is their mean plus noise whose seed is the place in the tree. So nothing is stored, and no
    answer depends on the questions before it. It is the path of torchsde's BrownianTree, by which
    k-diffusion and AUTOMATIC1111 draw.

    Attributes:
        seeds: of the picture's seed.
        start: first time.
        end: last time, above start.
        draw: unit normal noise of a seed, each of the same shape.
    """

    seeds: SeedTree
    start: float
    end: float
    draw: Callable[[int], Tensor]

    def __call__(self, time: float) -> Tensor:
        """Return W(time), float64, where and in the shape that noise is drawn.

        Args:
            time: start..end.
        """
        low, high, place = (round(each, DIGITS) for each in (self.start, self.end, time))
        within = math.sqrt(self.end - self.start) * self._normal()
        before = torch.zeros_like(within)
        if place <= low:
            return before
        if place >= high:
            return within

        key, depth = 0, 0
        while True:
            middle = round((high + low) / 2, DIGITS)
            share, rest = (middle - low) / (high - low), high - middle
            left = share * within + math.sqrt(share * rest) * self._normal(key, depth)
            if place == middle:
                return before + left
            if place < middle:
                high, within, key = middle, left, 2 * key
            else:
                low, before, within, key = middle, before + left, within - left, 2 * key + 1
            depth += 1

    def _normal(self, *place: int) -> Tensor:
        return self.draw(self.seeds.seed(*place)).double()
