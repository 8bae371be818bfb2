"""DPM fast: DPM-Solver's leaps of third order, as many as the calls allow."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from underpaint.diffusion.noise import NoiseSource
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers._dpm_solver import Leap, leap
from underpaint.diffusion.samplers._step import Step, ancestral, renoised

LABEL = "DPM fast"
ALIASES = ("k_dpm_fast",)
ORDER = 0  # the last leaps are of lower order, whatever the number of calls
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
    """Leap x from the highest level to the lowest, N denoiser calls, and land by one more.

    Paper: Lu et al. 2022, arXiv:2206.00927, section 3.4 (DPM-Solver-fast), made ancestral as
    k-diffusion does. k-diffusion stops at the lowest level and leaves its noise in the picture.

    Args:
        denoise: (x, sigma) -> clean estimate, same shape.
        x: latent at sigmas[0], (B, ...), float32 or wider.
        sigmas: (N + 1,), falling, last 0; between the ends it takes levels of its own.
        noise: unit normal noise for an interval; may be None when eta is 0.
        eta: share of fresh noise, 0..1.
        s_noise: what the fresh noise is multiplied by, about 1.

    Yields:
        One Step per leap; the last one's x is the sample.
    """
    calls, levels = len(sigmas) - 1, sigmas.detach().to("cpu", torch.float64)
    ends = levels[levels > 0]
    if calls == 0:
        return

    done = 0
    for order, sigma, sigma_next in _leaps(calls, ends):
        down, up = ancestral(float(sigma), float(sigma_next), eta)
        down = max(down, float(ends[-1]))
        up = math.sqrt(sigma_next**2 - down**2)
        reach, denoised = leap(denoise, x, sigma, sigma.new_tensor(down))
        x = _end(reach, order)
        x = renoised(x, noise, up * s_noise, sigma=float(sigma), sigma_next=float(sigma_next))

        done += order
        if done < calls or levels[-1] > 0:
            yield Step(done - 1, x, denoised, sigma)
    if levels[-1] == 0:
        x = denoise(x, ends[-1])
        yield Step(calls - 1, x, x, ends[-1])


def _leaps(calls: int, ends: Tensor) -> Iterator[tuple[int, Tensor, Tensor]]:
    """Yield (order, from, to) of leaps equally long in lambda, whose orders add up to `calls`."""
    if len(ends) == 1:
        return
    rest = calls % 3
    orders = [3] * (calls // 3) + [rest] if rest else [3] * (calls // 3 - 1) + [2, 1]
    levels = torch.linspace(1, 0, len(orders) + 1, dtype=torch.float64)
    levels = ends[-1] * (ends[0] / ends[-1]) ** levels
    yield from zip(orders, levels, levels[1:], strict=False)


def _end(reach: Leap, order: int) -> Tensor:
    if order == 1:
        return reach.first()
    share = 1 / order
    turned = reach.turned(share)
    return reach.second(turned, share) if order == 2 else reach.third(turned)
