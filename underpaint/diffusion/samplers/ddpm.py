"""DDPM: sample the forward process's own posterior, level by level."""

from collections.abc import Iterator

from torch import Tensor

from underpaint.diffusion.noise import NoiseSource
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers._step import Step, moved, renoised, strides

LABEL = "DDPM"
ALIASES = ()
ORDER = 1
SCHEDULE = "uniform"
NOISE = "gaussian"


def sample(
    denoise: Denoiser, x: Tensor, sigmas: Tensor, noise: NoiseSource | None = None
) -> Iterator[Step]:
    """Walk x down the sigmas, drawing each next latent from q(x_next | x, denoised).

    Paper: Ho et al. 2020, arXiv:2006.11239, eq. 6 and 7. Divided by sqrt(alpha_bar) its mean keeps
    (sigma_next / sigma)^2 of the noise, and its variance is what is missing to sigma_next^2.

    Args:
        denoise: (x, sigma) -> clean estimate, same shape.
        x: latent at sigmas[0], (B, ...), float32 or wider.
        sigmas: (N + 1,), falling, last 0.
        noise: unit normal noise for an interval.

    Yields:
        One Step per level; the last one's x is the sample.
    """
    for index, level, sigma, sigma_next in strides(sigmas):
        denoised = denoise(x, level)
        ratio = sigma_next / sigma
        x = moved(x, denoised, ratio**2)
        spread = sigma_next * (1 - ratio**2) ** 0.5
        x = renoised(x, noise, spread, sigma=sigma, sigma_next=sigma_next)
        yield Step(index, x, denoised, level)
