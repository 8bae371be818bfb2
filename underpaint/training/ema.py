"""A running mean of the weights, which paints better than the weights themselves."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor

__all__ = ["Ema"]


class Ema:
    """Keeps `mean = decay * mean + (1 - decay) * weights`, updated once a step.

    Polyak and Juditsky 1992; for diffusion, Ho et al. 2020, arXiv:2006.11239, section 4. The decay
    starts low, (1 + step) / (10 + step), so that the first, random weights are soon forgotten.
    """

    def __init__(self, weights: Mapping[str, Tensor], decay: float) -> None:
        """Start from the weights as they are.

        Args:
            weights: the trained parameters by name; they change in place as training goes on.
            decay: share of the mean that is kept a step, 0..1; 0 is the weights themselves.
        """
        self.weights = dict(weights)
        self.mean = {name: weight.detach().clone() for name, weight in weights.items()}
        self.decay = decay

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the weights after a step (0 for the first)."""
        decay = min(self.decay, (1 + step) / (10 + step))
        current = [weight.detach() for weight in self.weights.values()]
        torch._foreach_lerp_(list(self.mean.values()), current, 1 - decay)  # pyright: ignore[reportPrivateImportUsage]

    @torch.no_grad()
    def load(self, mean: Mapping[str, Tensor]) -> None:
        """Go on from a mean that was kept in a checkpoint; it has the same names."""
        for name, kept in self.mean.items():
            kept.copy_(mean[name])

    @contextmanager
    def swapped_in(self) -> Iterator[None]:
        """Let the network use the mean; its own weights come back afterwards, to the last bit."""
        own = {name: weight.detach().clone() for name, weight in self.weights.items()}
        _copy(self.mean, self.weights)
        try:
            yield
        finally:
            _copy(own, self.weights)


@torch.no_grad()
def _copy(source: Mapping[str, Tensor], target: Mapping[str, Tensor]) -> None:
    for name, weight in target.items():
        weight.copy_(source[name])
