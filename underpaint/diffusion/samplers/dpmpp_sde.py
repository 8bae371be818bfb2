"""DPM++ SDE: look halfway down first, then step by what was seen there."""

import math
from collections.abc import Iterator

from torch import Tensor

from underpaint.diffusion.noise import NoiseSource
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers._step import Step, ancestral, moved, renoised, strides

LABEL = "DPM++ SDE"
ALIASES = ("k_dpmpp_sde", "dpmpp_sde_gpu")
ORDER = 2
CALLS = 2
SCHEDULE = "karras"
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
    """Walk x down the sigmas with fresh noise, two denoiser calls a step and one on the last.

    Paper: Lu et al. 2022, arXiv:2211.01095, DPM-Solver++(2S) made stochastic as k-diffusion does,
    with the midpoint in log(sigma) (r = 1/2).

    Args:
        denoise: (x, sigma) -> clean estimate, same shape.
        x: latent at sigmas[0], (B, ...), float32 or wider.
        sigmas: (N + 1,), falling, last 0.
        noise: unit normal noise for an interval, of one Brownian path: a step's two intervals
            overlap. May be None when eta is 0.
        eta: share of fresh noise, 0..1.
        s_noise: what the fresh noise is multiplied by, about 1.

    Yields:
        One Step per level; the last one's x is the sample.
    """
    for index, level, sigma, sigma_next in strides(sigmas):
        denoised = estimate = denoise(x, level)

        # Look halfway; the step to 0 has no halfway.
        if sigma_next > 0:
            middle = math.sqrt(sigma * sigma_next)
            down, up = ancestral(sigma, middle, eta)
            halfway = moved(x, denoised, down / sigma)
            halfway = renoised(halfway, noise, up * s_noise, sigma=sigma, sigma_next=middle)
            estimate = denoise(halfway, level.new_tensor(middle))

        down, up = ancestral(sigma, sigma_next, eta)
        x = moved(x, estimate, down / sigma)
        x = renoised(x, noise, up * s_noise, sigma=sigma, sigma_next=sigma_next)
        yield Step(index, x, denoised, level)
