"""LCM: jump to the clean estimate, noise it again, for networks distilled to do so."""

from collections.abc import Iterator

from torch import Tensor

from underpaint.diffusion.noise import NoiseSource
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers._step import Step, renoised, strides

LABEL = "LCM"
ALIASES = ("k_lcm",)
ORDER = 0  # it follows no path: each step lands on the network's estimate
SCHEDULE = "sgm_uniform"  # 4 steps leave no level to spend on the lowest
NOISE = "gaussian"


def sample(
    denoise: Denoiser, x: Tensor, sigmas: Tensor, noise: NoiseSource | None = None
) -> Iterator[Step]:
    """Walk x down the sigmas in a few jumps, one denoiser call each.

    Paper: Luo et al. 2023, arXiv:2310.04378, after Song et al. 2023, arXiv:2303.01469,
    algorithm 1. The network must be a consistency model, or carry an LCM adapter.

    Args:
        denoise: (x, sigma) -> clean sample on x's path, same shape.
        x: latent at sigmas[0], (B, ...), float32 or wider.
        sigmas: (N + 1,), falling, last 0; 1 to 8 steps.
        noise: unit normal noise for an interval; may be None for a single step.

    Yields:
        One Step per level; the last one's x is the sample.
    """
    for index, level, sigma, sigma_next in strides(sigmas):
        denoised = denoise(x, level)
        x = renoised(denoised, noise, sigma_next, sigma=sigma, sigma_next=sigma_next)
        yield Step(index, x, denoised, level)
