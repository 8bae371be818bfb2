"""DPM++ 2M: second order from the estimate of the level before, at one call a step."""

import math
from collections.abc import Iterator

from torch import Tensor

from underpaint.diffusion.noise import NoiseSource
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers._step import Step, moved, strides

LABEL = "DPM++ 2M"
ALIASES = ("k_dpmpp_2m",)
ORDER = 2
SCHEDULE = "karras"
NOISE = None


def sample(
    denoise: Denoiser, x: Tensor, sigmas: Tensor, noise: NoiseSource | None = None
) -> Iterator[Step]:
    """Walk x down the sigmas, one denoiser call a step.

    Paper: Lu et al. 2022, arXiv:2211.01095, algorithm 2, in lambda = -log(sigma).

    Args:
        denoise: (x, sigma) -> clean estimate, same shape.
        x: latent at sigmas[0], (B, ...), float32 or wider.
        sigmas: (N + 1,), falling, last 0.
        noise: not used.

    Yields:
        One Step per level; the last one's x is the sample.
    """
    before: tuple[Tensor, float] | None = None
    for index, level, sigma, sigma_next in strides(sigmas):
        denoised = estimate = denoise(x, level)

        # Aim where the estimate will be halfway; the step to 0 is infinitely long and aims nowhere.
        if before and sigma_next > 0:
            denoised_before, sigma_before = before
            share = math.log(sigma / sigma_next) / (2 * math.log(sigma_before / sigma))
            estimate = denoised + (denoised - denoised_before) * share

        x = moved(x, estimate, sigma_next / sigma)
        before = denoised, sigma
        yield Step(index, x, denoised, level)
