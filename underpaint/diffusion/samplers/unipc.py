"""UniPC: predict from the last three estimates, then correct by the next one, at no more calls."""

import math
from collections.abc import Iterator, Sequence
from typing import cast

import torch
from torch import Tensor

from underpaint.diffusion.noise import NoiseSource
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers._step import Step, moved, strides

LABEL = "UniPC"
ALIASES = ("unipc", "uni_pc", "uni_pc_bh1", "k_unipc")
ORDER = 2
SCHEDULE = "uniform"
NOISE = None

_Known = list[tuple[float, Tensor]]
"""(log(sigma), estimate) of the levels walked, newest first."""


def sample(
    denoise: Denoiser, x: Tensor, sigmas: Tensor, noise: NoiseSource | None = None
) -> Iterator[Step]:
    """Walk x down the sigmas, one denoiser call a step.

    Paper: Zhao et al. 2023, arXiv:2302.04867, algorithms 1 and 2 on the clean estimate, with
    B_1(h) = h, of third order and of lower orders at both ends, as AUTOMATIC1111 has it.

    Args:
        denoise: (x, sigma) -> clean estimate, same shape.
        x: latent at sigmas[0], (B, ...), float32 or wider.
        sigmas: (N + 1,), falling, last 0.
        noise: not used.

    Yields:
        One Step per level; the last one's x is the sample.
    """
    known: _Known = []
    started, order = x, 0
    for index, level, sigma, sigma_next in strides(sigmas):
        denoised = denoise(x, level)
        known = [(math.log(sigma), denoised), *known[:3]]
        if index > 0:
            x = _stepped(started, known[1 : order + 1], math.log(sigma), arrived=denoised)

        started, order = x, min(3, index + 1, len(sigmas) - 1 - index)
        x = _stepped(x, known[:order], math.log(sigma_next)) if sigma_next > 0 else denoised
        yield Step(index, x, denoised, level)


def _stepped(x: Tensor, known: _Known, ahead: float, *, arrived: Tensor | None = None) -> Tensor:
    """Return x moved to log(sigma) = `ahead`: predicted, or corrected by the estimate there.

    Args:
        x: latent at the newest of the known levels.
        known: as many estimates as the order asks for.
        ahead: where to go.
        arrived: estimate there; None = not made yet.
    """
    here, denoised = known[0]
    length = here - ahead
    places = [(here - place) / length for place, _ in known[1:]]
    estimates = [estimate for _, estimate in known[1:]]
    if arrived is not None:
        places, estimates = [*places, 1.0], [*estimates, arrived]

    x = moved(x, denoised, math.exp(-length))
    for weight, place, estimate in zip(_weights(places, length), places, estimates, strict=True):
        x = x + (estimate - denoised) * (length * weight / place)
    return x


def _weights(places: Sequence[float], length: float) -> list[float]:
    """Return the weights that make the step exact for polynomials: the paper's eq. 11.

    With a single place the weight is 1/2 (its appendix F).
    """
    if len(places) < 2:
        return [0.5] * len(places)

    phi, aims = -math.expm1(-length) / length - 1, list[float]()
    for power in range(len(places)):
        aims.append(phi * math.factorial(power + 1) / -length)
        phi = phi / -length - 1 / math.factorial(power + 2)
    powers = [[place**power for place in places] for power in range(len(places))]
    weights = cast(Tensor, torch.linalg.solve(_wide(powers), _wide(aims)))  # pyright: ignore
    return [float(weight) for weight in weights]


def _wide(numbers: Sequence[float] | Sequence[Sequence[float]]) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)
