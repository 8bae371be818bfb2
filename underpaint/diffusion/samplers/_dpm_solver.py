"""One leap of DPM-Solver over the noise, of first, second or third order.

Lu et al. 2022, arXiv:2206.00927, algorithms 1 and 2, in sigma: lambda = -log(sigma).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from underpaint.diffusion.forward import per_image
from underpaint.diffusion.prediction import Denoiser


@dataclass(frozen=True, eq=False, slots=True)
class Leap:
    """From a level of x to a lower one, with the slope known at its start.

    Attributes:
        denoise: (x, sigma) -> clean estimate.
        x: latent at the start, (B, ...).
        sigma: level at the start, () or (B,) float64.
        sigma_next: level at the end, like sigma.
        slope: (x - denoised) / sigma at the start, like x.
    """

    denoise: Denoiser
    x: Tensor
    sigma: Tensor
    sigma_next: Tensor
    slope: Tensor

    def first(self, share: float = 1.0) -> Tensor:
        """Return x a share of the way (in lambda), by the slope at the start."""
        return self.x + per_image(self._level(share) - self.sigma, self.x) * self.slope

    def turned(self, share: float) -> Tensor:
        """Return how the slope changes over a share of the way, by a first order look."""
        return self._slope(self.first(share), share) - self.slope

    def second(self, turned: Tensor, share: float) -> Tensor:
        """Return the second order end, from the change of slope over a share of the way."""
        width = per_image(self.sigma_next - self.sigma, self.x)
        return self.first() + width * (turned / (2 * share))

    def third(self, turned: Tensor) -> Tensor:
        """Return the third order end, from the change of slope over a third of the way."""
        far = self.first(2 / 3) - self._bend(2 / 3, 1 / 3) * turned
        return self.first() - self._bend(1.0, 2 / 3) * (self._slope(far, 2 / 3) - self.slope)

    def _level(self, share: float) -> Tensor:
        return (
            self.sigma_next if share == 1 else self.sigma * (self.sigma_next / self.sigma) ** share
        )

    def _slope(self, x: Tensor, share: float) -> Tensor:
        level = self._level(share)
        return (x - self.denoise(x, level)) / per_image(level, x)

    def _bend(self, share: float, over: float) -> Tensor:
        """Return what a change of slope over one share of the way weighs at another."""
        length = share * (self.sigma / self.sigma_next).log()
        weight = self._level(share) * (share / over) * (torch.expm1(length) / length - 1)
        return per_image(weight, self.x)


def leap(denoise: Denoiser, x: Tensor, sigma: Tensor, sigma_next: Tensor) -> tuple[Leap, Tensor]:
    """Return the leap from a level to a lower one, and the clean estimate at its start.

    Args:
        denoise: (x, sigma) -> clean estimate, same shape.
        x: latent at sigma, (B, ...).
        sigma: () or (B,) float64, > 0.
        sigma_next: like sigma, > 0.
    """
    denoised = denoise(x, sigma)
    return Leap(denoise, x, sigma, sigma_next, (x - denoised) / per_image(sigma, x)), denoised
