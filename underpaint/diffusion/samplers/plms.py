"""PLMS: the slopes of the last four levels, weighed as if the levels were evenly apart."""

from collections.abc import Iterator, Sequence

from torch import Tensor

from underpaint.diffusion.noise import NoiseSource
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers._step import Step, moved, strides

LABEL = "PLMS"
ALIASES = ("plms", "pndm")
ORDER = 2
SCHEDULE = "ddim"
NOISE = None

_WEIGHTS = ((), (3 / 2, -1 / 2), (23 / 12, -16 / 12, 5 / 12), (55 / 24, -59 / 24, 37 / 24, -9 / 24))
"""Of the slopes, newest first, by how many there are before (Adams-Bashforth)."""


def sample(
    denoise: Denoiser, x: Tensor, sigmas: Tensor, noise: NoiseSource | None = None
) -> Iterator[Step]:
    """Walk x down the sigmas, two denoiser calls on the first step and one on the others.

    Paper: Liu et al. 2022, arXiv:2202.09778, eq. 12 and 13, started by a step of improved Euler.
    Divided by sqrt(alpha_bar), its transfer (eq. 11) is the Euler step in sigma.

    Args:
        denoise: (x, sigma) -> clean estimate, same shape.
        x: latent at sigmas[0], (B, ...), float32 or wider.
        sigmas: (N + 1,), falling, last 0.
        noise: not used.

    Yields:
        One Step per level; the last one's x is the sample.
    """
    slopes: list[Tensor] = []  # newest first
    for index, level, sigma, sigma_next in strides(sigmas):
        denoised = denoise(x, level)
        slopes = [(x - denoised) / sigma, *slopes[:3]]
        slope = _weighed(slopes)

        # What to start from; the step to 0 lands on the estimate.
        if index == 0 and sigma_next > 0:
            ahead = moved(x, denoised, sigma_next / sigma)
            slope_next = (ahead - denoise(ahead, level.new_tensor(sigma_next))) / sigma_next
            slope = (slope + slope_next) / 2

        x = x + slope * (sigma_next - sigma) if sigma_next > 0 else denoised
        yield Step(index, x, denoised, level)


def _weighed(slopes: Sequence[Tensor]) -> Tensor:
    if len(slopes) == 1:
        return slopes[0]
    newest, *others = zip(_WEIGHTS[len(slopes) - 1], slopes, strict=True)
    total = newest[1] * newest[0]
    for weight, slope in others:
        total = total + slope * weight
    return total
