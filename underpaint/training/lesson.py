"""What the training loop needs to know of what is taught, and nothing more."""

from typing import Protocol

import torch
from torch import Tensor

from underpaint.media import Image
from underpaint.training.architecture import Networks

__all__ = ["Lesson"]


class Lesson(Protocol):
    """Something a run can teach: a denoiser, an autoencoder."""

    @property
    def networks(self) -> Networks:
        """The networks that are taught, on the run's device."""
        ...

    @property
    def name(self) -> str:
        """What its sample pictures show, one word for their files."""
        ...

    def __len__(self) -> int:
        """Return how many pictures there are to learn from."""
        ...

    def loss(self, indices: Tensor, chance: torch.Generator) -> Tensor:
        """Return how wrong the networks are.

        Args:
            indices: (B,) which pictures.
            chance: a CPU generator that all draws of this step come from.

        Returns:
            (), the mean over the batch, with its graph.
        """
        ...

    def picture(self) -> Image:
        """Return what the networks can do now; called under the running mean of the weights."""
        ...
