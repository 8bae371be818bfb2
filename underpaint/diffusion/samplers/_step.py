"""What every sampler shares: the walk down the levels, and the two moves a step is made of."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from underpaint.diffusion.noise import NoiseSource


@dataclass(frozen=True, eq=False, slots=True)
class Step:
    """One level walked.

    Attributes:
        index: 0 for the first step, steps - 1 for the last. A sampler that chooses its own levels
            tells how far it has come instead: never falling, steps - 1 at the end.
        x: latent after the step, (B, ...); the last step's is the sample.
        denoised: clean estimate made at this level, like x; what a preview shows.
        sigma: () float64, the level that was denoised at; (B,) where images walk on their own.
    """

    index: int
    x: Tensor
    denoised: Tensor
    sigma: Tensor


def strides(sigmas: Tensor) -> Iterator[tuple[int, Tensor, float, float]]:
    """Yield the steps between neighbouring levels.

    Args:
        sigmas: (N + 1,), falling. The arithmetic on them is float64, whatever their dtype: float32
            would lose the small differences of neighbouring levels.

    Yields:
        N times (index, the level as a () float64 tensor, the level sigma, the next one).
    """
    levels = sigmas.detach().to("cpu", torch.float64)
    for index in range(len(levels) - 1):
        yield index, levels[index], float(levels[index]), float(levels[index + 1])


@dataclass(frozen=True, slots=True)
class Churn:
    """Noise that is added before a step, and so corrected by it.

    Karras et al. 2022, arXiv:2206.00364, algorithm 2, in the paper's letters.

    Attributes:
        s_churn: how much of it the whole walk adds, at least 0; 0 is none.
        s_tmin: lowest sigma that is churned.
        s_tmax: highest sigma that is churned.
        s_noise: what the noise is multiplied by, about 1.
    """

    s_churn: float = 0.0
    s_tmin: float = 0.0
    s_tmax: float = math.inf
    s_noise: float = 1.0

    def raised(self, sigma: float, steps: int) -> float:
        """Return the level to step from, at least sigma.

        Args:
            sigma: level now.
            steps: of the whole walk.
        """
        inside = self.s_tmin <= sigma <= self.s_tmax
        return sigma * (1 + min(self.s_churn / steps, math.sqrt(2) - 1) * inside)


def moved(x: Tensor, denoised: Tensor, ratio: float) -> Tensor:
    """Return x with its noise shrunk by a ratio, the clean estimate held still.

    It is the exact solution of dx/dsigma = (x - denoised) / sigma for a constant estimate, without
    dividing by sigma. Ratio 0 returns the estimate to the last bit, so that what a masked denoiser
    keeps, the sample keeps.

    Args:
        x: latent at some level, (B, ...).
        denoised: estimate, like x.
        ratio: next level over this one, 0..1.
    """
    return denoised + (x - denoised) * ratio


def ancestral(sigma: float, sigma_next: float, eta: float) -> tuple[float, float]:
    """Return the level to step down to, and the noise to add there to arrive at sigma_next.

    With eta 1 this is the posterior of the forward process (Ho et al. 2020, eq. 7), with eta 0 its
    deterministic twin (Song et al. 2020, arXiv:2010.02502, eq. 16): both written in sigma.

    Args:
        sigma: level now, > 0.
        sigma_next: level to arrive at, 0..sigma.
        eta: share of the posterior's noise, at least 0.

    Returns:
        (down, up) with down^2 + up^2 = sigma_next^2.
    """
    up = min(sigma_next, eta * sigma_next * math.sqrt(1 - (sigma_next / sigma) ** 2))
    return math.sqrt(sigma_next**2 - up**2), up


def renoised(
    x: Tensor, noise: NoiseSource | None, amount: float, *, sigma: float, sigma_next: float
) -> Tensor:
    """Return x with fresh noise added for the interval between two levels.

    Args:
        x: latent, (B, ...).
        noise: where noise comes from; may be None if the amount is 0.
        amount: standard deviation of what is added; 0 draws nothing.
        sigma: level the interval starts at.
        sigma_next: level it ends at.
    """
    if amount == 0:
        return x
    assert noise is not None, "this sampler adds noise: hand it a noise source, or eta=0"
    return x + noise(sigma, sigma_next).to(x) * amount


def churned(
    x: Tensor, noise: NoiseSource | None, churn: Churn, *, sigma: float, sigma_hat: float
) -> Tensor:
    """Return x with noise added that lifts it from one level to a higher one.

    Args:
        x: latent at sigma, (B, ...).
        noise: where noise comes from; may be None if the levels are one.
        churn: tells how strong the noise is.
        sigma: level of x.
        sigma_hat: level to lift it to.
    """
    amount = math.sqrt(sigma_hat**2 - sigma**2) * churn.s_noise
    return renoised(x, noise, amount, sigma=sigma, sigma_next=sigma_hat)
