"""DPM++ 2M SDE: DPM++ 2M with fresh noise on the way."""

import math
from collections.abc import Iterator

from torch import Tensor

from underpaint.diffusion.noise import NoiseSource
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers._step import Step, moved, renoised, strides

LABEL = "DPM++ 2M SDE"
ALIASES = ("k_dpmpp_2m_sde", "dpmpp_2m_sde_gpu")
ORDER = 2
SCHEDULE = "exponential"
NOISE = "brownian"


def sample(
    denoise: Denoiser,
    x: Tensor,
    sigmas: Tensor,
    noise: NoiseSource | None = None,
    *,
    eta: float = 1.0,
    s_noise: float = 1.0,
) -> Iterator[Step]:
    """Walk x down the sigmas with fresh noise at each, one denoiser call a step.

    Paper: Lu et al. 2022, arXiv:2211.01095, SDE-DPM-Solver++(2M), its midpoint form. A share eta
    of extra shrinking is undone by as much noise.

    Args:
        denoise: (x, sigma) -> clean estimate, same shape.
        x: latent at sigmas[0], (B, ...), float32 or wider.
        sigmas: (N + 1,), falling, last 0.
        noise: unit normal noise for an interval; may be None when eta is 0.
        eta: share of fresh noise, 0..1; 0 is DPM++ 2M.
        s_noise: what the fresh noise is multiplied by, about 1.

    Yields:
        One Step per level; the last one's x is the sample.
    """
    before: tuple[Tensor, float] | None = None
    for index, level, sigma, sigma_next in strides(sigmas):
        denoised = estimate = denoise(x, level)
        ratio = sigma_next / sigma

        # Aim where the estimate will be halfway; the step to 0 is infinitely long and aims nowhere.
        if before and sigma_next > 0:
            denoised_before, sigma_before = before
            share = math.log(ratio) / (2 * math.log(sigma / sigma_before))
            estimate = denoised + (denoised - denoised_before) * share

        x = moved(x, estimate, ratio * ratio**eta)
        amount = sigma_next * math.sqrt(1 - ratio ** (2 * eta)) * s_noise
        x = renoised(x, noise, amount, sigma=sigma, sigma_next=sigma_next)
        before = denoised, sigma
        yield Step(index, x, denoised, level)
