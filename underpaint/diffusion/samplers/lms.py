"""LMS: a polynomial through the slopes of the last four levels, integrated exactly."""

import math
from collections.abc import Iterator, Sequence

from torch import Tensor

from underpaint.diffusion.noise import NoiseSource
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers._step import Step, moved, strides

LABEL = "LMS"
ALIASES = ("k_lms",)
ORDER = 4
SCHEDULE = "uniform"
NOISE = None


def sample(
    denoise: Denoiser, x: Tensor, sigmas: Tensor, noise: NoiseSource | None = None
) -> Iterator[Step]:
    """Walk x down the sigmas, one denoiser call a step.

    The linear multistep (Adams-Bashforth) method of up to fourth order over dx/dsigma, for levels
    at any distance: Zhang and Chen 2022, arXiv:2204.13902, eq. 14, as k-diffusion has it in sigma.

    Args:
        denoise: (x, sigma) -> clean estimate, same shape.
        x: latent at sigmas[0], (B, ...), float32 or wider.
        sigmas: (N + 1,), falling, last 0.
        noise: not used.

    Yields:
        One Step per level; the last one's x is the sample, near the last estimate but not on it.
    """
    known: list[tuple[float, Tensor]] = []  # level and slope, newest first
    for index, level, sigma, sigma_next in strides(sigmas):
        denoised = denoise(x, level)
        known = [(sigma, (x - denoised) / sigma), *known[:3]]
        weights = _weights([place for place, _ in known], sigma, sigma_next)

        # All slopes weigh what the newest alone would: step by that, and bend by how others differ.
        x = moved(x, denoised, sigma_next / sigma)
        for weight, (_, slope) in zip(weights[1:], known[1:], strict=True):
            x = x + (slope - known[0][1]) * weight
        yield Step(index, x, denoised, level)


def _weights(places: Sequence[float], start: float, end: float) -> list[float]:
    """Return the integral from start to end of each Lagrange polynomial over up to four places.

    Gauss's rule of two points is exact for their third degree.
    """
    middle, half = (start + end) / 2, (end - start) / 2
    points = (middle - half / math.sqrt(3), middle + half / math.sqrt(3))
    return [
        half * sum(math.prod((at - o) / (own - o) for o in places if o != own) for at in points)
        for own in places
    ]
