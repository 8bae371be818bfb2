"""One Brownian path, asked for at any time and in any order."""

import hashlib
import math
from dataclasses import dataclass

import torch
from torch import Tensor

DEPTH = 20
"""Halvings of the whole interval: leaves of 6e-6 in log(sigma), far below any schedule's gaps."""


@dataclass(frozen=True, slots=True)
class BrownianPath:
    """A Brownian motion W over an interval of time, W(start) = 0, fixed by its seed alone.

    A virtual tree (Li et al. 2020, arXiv:2001.01328, section 4): W halfway between two known values
    is their mean plus noise whose seed is the place in the tree. So nothing is stored, and no
    answer depends on the questions before it.

    Attributes:
        seed: of the picture, 0..2^32 - 1.
        shape: of W, without a batch.
        start: first time.
        end: last time, at least start.
    """

    seed: int
    shape: tuple[int, ...]
    start: float
    end: float

    def __call__(self, time: float) -> Tensor:
        """Return W(time), float64 on the CPU, of this path's shape.

        Args:
            time: start..end.
        """
        low, high, place = self.start, self.end, 1
        at_low = torch.zeros(self.shape, dtype=torch.float64)
        at_high = math.sqrt(high - low) * self._normal(0)

        for _ in range(DEPTH):
            middle = (low + high) / 2
            at_middle = (at_low + at_high) / 2 + math.sqrt(high - low) / 2 * self._normal(place)
            if time < middle:
                high, at_high, place = middle, at_middle, 2 * place
            else:
                low, at_low, place = middle, at_middle, 2 * place + 1

        # One last bridge, to the time itself.
        share = min(max((time - low) / (high - low), 0.0), 1.0)
        bridge = math.sqrt(share * (1 - share) * (high - low)) * self._normal(place)
        return at_low + (at_high - at_low) * share + bridge

    def _normal(self, place: int) -> Tensor:
        """Return the unit noise of a place in the tree (1 is the root, 2p and 2p + 1 below p)."""
        digest = hashlib.blake2b(f"{self.seed}/{place}".encode(), digest_size=4).digest()
        generator = torch.Generator().manual_seed(int.from_bytes(digest, "big"))
        return torch.randn(self.shape, generator=generator).double()
