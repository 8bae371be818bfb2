"""Restart: Heun, which goes back up with fresh noise and walks the middle levels again."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from underpaint.diffusion.noise import NoiseSource
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers import heun
from underpaint.diffusion.samplers._step import Step, renoised
from underpaint.diffusion.sigmas import karras_between

LABEL = "Restart"
ALIASES = ("restart",)
ORDER = 2
CALLS = 2
SCHEDULE = "karras"
NOISE = "gaussian"

LOW, HIGH = 0.1, 2.0
"""Where a restart begins, and about where it goes back to: the middle of the paper's table 2."""


def sample(
    denoise: Denoiser,
    x: Tensor,
    sigmas: Tensor,
    noise: NoiseSource | None = None,
    *,
    s_noise: float = 1.0,
) -> Iterator[Step]:
    """Walk x down, two denoiser calls a step and one on the last; as many steps as were asked for.

    Paper: Xu et al. 2023, arXiv:2306.14878, algorithm 1. Of 20 steps or more, some are spent on
    restarts as AUTOMATIC1111 does: 9 on one, or from 36 on a quarter on each of two. The levels are
    then Karras's between the ends of those given.

    Args:
        denoise: (x, sigma) -> clean estimate, same shape.
        x: latent at sigmas[0], (B, ...), float32 or wider.
        sigmas: (N + 1,), falling, last 0.
        noise: unit normal noise for an interval; may be None below 20 steps.
        s_noise: what the fresh noise is multiplied by, about 1.

    Yields:
        One Step per level walked; the last one's x is the sample.
    """
    index, last = 0, None
    for leg in legs(sigmas.detach().to("cpu", torch.float64)):
        start = float(leg[0])
        if last is not None:
            amount = math.sqrt(start**2 - last**2) * s_noise
            x = renoised(x, noise, amount, sigma=last, sigma_next=start)
        for step in heun.sample(denoise, x, leg):
            x = step.x
            yield Step(index, x, step.denoised, step.sigma)
            index += 1
        last = float(leg[-1])


def legs(sigmas: Tensor) -> list[Tensor]:
    """Return the falling pieces of the walk, each starting above the end of the one before.

    Args:
        sigmas: (N + 1,) float64, falling, last 0.

    Returns:
        One or more lists of levels; together they make N steps, or fewer where `sigmas` starts
        too low for a restart.
    """
    ends = sigmas[sigmas > 0]
    steps = len(ends)
    if steps < 20:
        return [sigmas]
    again, times = (steps // 4, 2) if steps >= 36 else (9, 1)
    levels = karras_between(float(ends[-1]), float(ends[0]), steps - again * times)
    levels = levels if sigmas[-1] == 0 else levels[:-1]

    low, high = (int((levels - place).abs().argmin()) for place in (LOW, HIGH))
    if high >= low:
        return [levels]
    loop = karras_between(float(levels[low]), float(levels[high]), again + 1)[:-1]
    return [levels[: low + 1], *[loop] * times, levels[low:]]
