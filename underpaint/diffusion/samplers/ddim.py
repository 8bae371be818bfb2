"""DDIM: DDPM's levels walked without noise, or with a share of it."""

from collections.abc import Iterator

from torch import Tensor

from underpaint.diffusion.noise import NoiseSource
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers._step import Step, ancestral, moved, renoised, strides

LABEL = "DDIM"
ALIASES = ("ddim",)
ORDER = 1
SCHEDULE = "ddim"
NOISE = "gaussian"


def sample(
    denoise: Denoiser,
    x: Tensor,
    sigmas: Tensor,
    noise: NoiseSource | None = None,
    *,
    eta: float = 0.0,
) -> Iterator[Step]:
    """Walk x down the sigmas, one denoiser call a step.

    Paper: Song et al. 2020, arXiv:2010.02502, eq. 12 and 16. Divided by sqrt(alpha_bar), eq. 12
    is the Euler step in sigma, and eq. 16 the ancestral split.

    Args:
        denoise: (x, sigma) -> clean estimate, same shape.
        x: latent at sigmas[0], (B, ...), float32 or wider.
        sigmas: (N + 1,), falling, last 0.
        noise: unit normal noise for an interval; may be None when eta is 0.
        eta: share of DDPM's noise, 0..1.

    Yields:
        One Step per level; the last one's x is the sample.
    """
    for index, level, sigma, sigma_next in strides(sigmas):
        denoised = denoise(x, level)
        down, up = ancestral(sigma, sigma_next, eta)
        x = moved(x, denoised, down / sigma)
        x = renoised(x, noise, up, sigma=sigma, sigma_next=sigma_next)
        yield Step(index, x, denoised, level)
