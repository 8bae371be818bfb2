"""Pictures composed while they are wanted: a data set as long as anybody likes, in no folder."""

import hashlib

import torch
from torch import Tensor

from underpaint.training.composing import Composer
from underpaint.training.cutouts import Cutouts
from underpaint.training.layers import laid

__all__ = ["Compositions"]

VERSION = 1
"""To be raised whenever the same number would be composed otherwise."""


class Compositions:
    """A data set, as `dataset.Pictures` is, of which only numbers and captions are kept."""

    def __init__(self, cutouts: Cutouts, *, count: int, size: int, seed: int) -> None:
        """Draw all captions; no picture yet.

        Args:
            cutouts: what to compose.
            count: how many pictures, at least 1.
            size: their width and height, pixels.
            seed: of what they show.
        """
        self.composer = Composer(cutouts, seed)
        self.cutouts, self.count, self.size = cutouts.pixels, count, size
        self.captions = tuple(self.composer.plan(number).captions for number in range(count))
        told = f"compositions {VERSION} {count} {size} {seed} {cutouts.fingerprint}"
        self.fingerprint = hashlib.sha256(told.encode()).hexdigest()

    def __len__(self) -> int:
        """Return how many pictures there are."""
        return self.count

    def batch(self, indices: Tensor, device: torch.device | None = None) -> Tensor:
        """Return pictures as a network wants them.

        Args:
            indices: (B,), which ones.
            device: where they are composed; the cut-outs move there and stay. None = the CPU.

        Returns:
            (B, 3, size, size) float32 in -1..1, channels last in memory.
        """
        self.cutouts = self.cutouts.to(device or torch.device("cpu"))
        plans = [self.composer.plan(int(index)) for index in indices]
        pictures = laid(self.cutouts, plans, self.size)
        return pictures.contiguous(memory_format=torch.channels_last)
