"""Euler: one straight step a level."""

from collections.abc import Iterator

from torch import Tensor

from underpaint.diffusion.noise import NoiseSource
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers._step import Step, moved, strides

LABEL = "Euler"
ALIASES = ("k_euler",)
ORDER = 1
SCHEDULE = "uniform"
NOISE = None


def sample(
    denoise: Denoiser,
    x: Tensor,
    sigmas: Tensor,
    noise: NoiseSource | None = None,
) -> Iterator[Step]:
    """Walk x down the sigmas, one denoiser call a step.

    Paper: Karras et al. 2022, arXiv:2206.00364, algorithm 2 without its second half.

    Args:
        denoise: (x, sigma) -> clean estimate, same shape.
        x: latent at sigmas[0], (B, ...), float32 or wider.
        sigmas: (N + 1,), falling, last 0.
        noise: not used.

    Yields:
        One Step per level; the last one's x is the sample.
    """
    for index, level, sigma, sigma_next in strides(sigmas):
        denoised = denoise(x, level)
        x = moved(x, denoised, sigma_next / sigma)
        yield Step(index, x, denoised, level)
