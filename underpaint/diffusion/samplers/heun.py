"""Heun: an Euler step, corrected by the slope where it lands."""

from collections.abc import Iterator

from torch import Tensor

from underpaint.diffusion.noise import NoiseSource
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers._step import Churn, Step, churned, moved, strides

LABEL = "Heun"
ALIASES = ("k_heun",)
ORDER = 2
CALLS = 2
SCHEDULE = "uniform"
NOISE = "gaussian"


def sample(
    denoise: Denoiser,
    x: Tensor,
    sigmas: Tensor,
    noise: NoiseSource | None = None,
    *,
    churn: Churn = Churn(),  # noqa: B008 - frozen
) -> Iterator[Step]:
    """Walk x down the sigmas, two denoiser calls a step and one on the last.

    Paper: Karras et al. 2022, arXiv:2206.00364, algorithm 1.

    Args:
        denoise: (x, sigma) -> clean estimate, same shape.
        x: latent at sigmas[0], (B, ...), float32 or wider.
        sigmas: (N + 1,), falling, last 0.
        noise: unit normal noise for an interval; may be None without churn.
        churn: noise to add before each step; none by default.

    Yields:
        One Step per level; the last one's x is the sample.
    """
    for index, level, sigma, sigma_next in strides(sigmas):
        sigma_hat = churn.raised(sigma, len(sigmas) - 1)
        x = churned(x, noise, churn, sigma=sigma, sigma_hat=sigma_hat)
        denoised = denoise(x, level.new_tensor(sigma_hat))
        landed = moved(x, denoised, sigma_next / sigma_hat)

        # At 0 there is no slope to correct by.
        if sigma_next > 0:
            slope = (x - denoised) / sigma_hat
            slope_next = (landed - denoise(landed, level.new_tensor(sigma_next))) / sigma_next
            landed = x + (slope + slope_next) * ((sigma_next - sigma_hat) / 2)

        x = landed
        yield Step(index, x, denoised, level)
