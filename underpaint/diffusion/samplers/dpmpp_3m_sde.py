"""DPM++ 3M SDE: a parabola through the estimates of three levels, with fresh noise."""

import math
from collections.abc import Iterator

from torch import Tensor

from underpaint.diffusion.noise import NoiseSource
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers._step import Step, moved, renoised, strides

LABEL = "DPM++ 3M SDE"
ALIASES = ("k_dpmpp_3m_sde", "dpmpp_3m_sde_gpu")
ORDER = 2  # with the whole weight of a parabola's bend it would be 3
SCHEDULE = "exponential"
NOISE = "brownian"
DISCARD_PENULTIMATE = True


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

    Paper: Lu et al. 2022, arXiv:2211.01095, SDE-DPM-Solver++ with its multistep method of third
    order, as k-diffusion has it. Both weigh the parabola's bend by half of what third order asks
    for; so do we, for the sake of the pictures that people know.

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
    known: list[tuple[float, Tensor]] = []  # log(sigma) and estimate, newest first, at most three
    for index, level, sigma, sigma_next in strides(sigmas):
        denoised = denoise(x, level)
        known = [(math.log(sigma), denoised), *known[:2]]
        if sigma_next == 0:
            yield Step(index, denoised, denoised, level)
            return

        ratio = sigma_next / sigma
        x = moved(x, denoised, ratio * ratio**eta) + _bend(known, math.log(sigma_next), eta)
        amount = sigma_next * math.sqrt(1 - ratio ** (2 * eta)) * s_noise
        x = renoised(x, noise, amount, sigma=sigma, sigma_next=sigma_next)
        yield Step(index, x, denoised, level)


def _bend(known: list[tuple[float, Tensor]], ahead: float, eta: float) -> Tensor | float:
    """Return what the estimate's change on the way to log(sigma) = `ahead` adds to x."""
    here, denoised = known[0]
    length = here - ahead
    stretched = length * (1 + eta)
    second = math.expm1(-stretched) / stretched + 1
    if len(known) == 1:
        return 0.0

    before, denoised_before = known[1]
    change = (denoised - denoised_before) * (length / (before - here))
    if len(known) == 2:
        return change * second

    # The newest change, corrected to what it will be here, and the change of the change.
    first, denoised_first = known[2]
    change_before = (denoised_before - denoised_first) * (length / (first - before))
    whole = first - here
    curve = (change - change_before) * (length / whole)
    slope = change + (change - change_before) * ((before - here) / whole)
    third = second / stretched - 0.5
    return slope * second - curve * third
