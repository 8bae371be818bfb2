"""DPM++ 2S ancestral: look halfway, step by what was seen there, then add fresh noise."""

import math
from collections.abc import Iterator

from torch import Tensor

from underpaint.diffusion.noise import NoiseSource
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers._step import Step, ancestral, moved, renoised, strides

LABEL = "DPM++ 2S a"
ALIASES = ("k_dpmpp_2s_a", "k_dpmpp_2s_ancestral")
ORDER = 2
CALLS = 2
SCHEDULE = "karras"
NOISE = "gaussian"


def sample(
    denoise: Denoiser,
    x: Tensor,
    sigmas: Tensor,
    noise: NoiseSource | None = None,
    *,
    eta: float = 1.0,
    s_noise: float = 1.0,
) -> Iterator[Step]:
    """Walk x down the sigmas with fresh noise at each, two denoiser calls a step, one on the last.

    Paper: Lu et al. 2022, arXiv:2211.01095, algorithm 1 (r = 1/2), made ancestral as k-diffusion
    does.

    Args:
        denoise: (x, sigma) -> clean estimate, same shape.
        x: latent at sigmas[0], (B, ...), float32 or wider.
        sigmas: (N + 1,), falling, last 0.
        noise: unit normal noise for an interval; may be None when eta is 0.
        eta: share of fresh noise, 0..1.
        s_noise: what the fresh noise is multiplied by, about 1.

    Yields:
        One Step per level; the last one's x is the sample.
    """
    for index, level, sigma, sigma_next in strides(sigmas):
        denoised = estimate = denoise(x, level)
        down, up = ancestral(sigma, sigma_next, eta)

        # Look halfway; the step to 0 has no halfway.
        if down > 0:
            middle = math.sqrt(sigma * down)
            estimate = denoise(moved(x, denoised, middle / sigma), level.new_tensor(middle))

        x = moved(x, estimate, down / sigma)
        x = renoised(x, noise, up * s_noise, sigma=sigma, sigma_next=sigma_next)
        yield Step(index, x, denoised, level)
