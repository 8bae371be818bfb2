"""Euler ancestral: step below the next level, then add fresh noise up to it."""

from collections.abc import Iterator

from torch import Tensor

from underpaint.diffusion.noise import NoiseSource
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers._step import Step, ancestral, moved, renoised, strides

LABEL = "Euler a"
ALIASES = ("k_euler_a", "k_euler_ancestral")
ORDER = 1
SCHEDULE = "uniform"
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
    """Walk x down the sigmas with fresh noise at each, one denoiser call a step.

    Paper: Ho et al. 2020, arXiv:2006.11239, algorithm 2, as k-diffusion writes it in sigma.

    Args:
        denoise: (x, sigma) -> clean estimate, same shape.
        x: latent at sigmas[0], (B, ...), float32 or wider.
        sigmas: (N + 1,), falling, last 0.
        noise: unit normal noise for an interval; may be None when eta is 0.
        eta: share of fresh noise, 0..1; 0 is Euler.
        s_noise: what the fresh noise is multiplied by, about 1.

    Yields:
        One Step per level; the last one's x is the sample.
    """
    for index, level, sigma, sigma_next in strides(sigmas):
        denoised = denoise(x, level)
        down, up = ancestral(sigma, sigma_next, eta)
        x = moved(x, denoised, down / sigma)
        x = renoised(x, noise, up * s_noise, sigma=sigma, sigma_next=sigma_next)
        yield Step(index, x, denoised, level)
