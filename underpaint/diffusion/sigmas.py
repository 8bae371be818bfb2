"""Schedules: the list of noise levels a sampler walks down, side by side.

Each takes the number of steps (1 up to the length of the clock) and the network's clock, and
returns (steps + 1,) float64 levels on the CPU: falling from sigma_max, the last one 0.
"""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

import torch
from torch import Tensor

from underpaint.diffusion import _beta
from underpaint.diffusion.forward import Clock

Schedule: TypeAlias = Callable[[int, Clock], Tensor]


def karras(steps: int, clock: Clock, *, rho: float = 7.0) -> Tensor:
    """Return levels even in sigma^(1/rho): Karras et al. 2022, arXiv:2206.00364, eq. 5."""
    first, last = clock.sigma_max ** (1 / rho), clock.sigma_min ** (1 / rho)
    return _ended(_ramp(first, last, steps) ** rho)


def exponential(steps: int, clock: Clock) -> Tensor:
    """Return levels even in log(sigma), a constant ratio apart."""
    return polyexponential(steps, clock, rho=1.0)


def polyexponential(steps: int, clock: Clock, *, rho: float = 1.0) -> Tensor:
    """Return levels polynomial in log(sigma); above rho 1 they crowd towards the low end."""
    low, high = math.log(clock.sigma_min), math.log(clock.sigma_max)
    return _ended((_ramp(1, 0, steps) ** rho * (high - low) + low).exp())


def uniform(steps: int, clock: Clock) -> Tensor:
    """Return levels even in timestep, both ends walked: the model's own list."""
    return _ended(clock.sigma(_ramp(*_timesteps(clock), steps)))


def sgm_uniform(steps: int, clock: Clock) -> Tensor:
    """Return levels even in timestep, the lowest left out: Lin et al. 2023's "trailing"."""
    return _ended(clock.sigma(_ramp(*_timesteps(clock), steps + 1)[:-1]))


def simple(steps: int, clock: Clock) -> Tensor:
    """Return trained levels only, evenly many apart, counted down from the highest."""
    stride = len(clock.sigmas) / steps
    return _ended(clock.sigmas[[-1 - int(index * stride) for index in range(steps)]])


def ddim(steps: int, clock: Clock) -> Tensor:
    """Return trained levels only, a whole stride apart, from timestep 1: Song et al. 2020.

    arXiv:2010.02502, "leading" with an offset of 1 as Stable Diffusion has it. The highest level
    is left out. AUTOMATIC1111 walks one level more where the steps do not divide the clock's
    length; here the number of steps is always the one asked for.
    """
    stride = len(clock.sigmas) // steps
    offset = min(1, stride - 1)
    return _ended(clock.sigmas[[offset + index * stride for index in reversed(range(steps))]])


def beta(steps: int, clock: Clock, *, alpha: float = 0.6, beta: float = 0.6) -> Tensor:
    """Return levels spread as the beta distribution's quantiles, crowded at both ends.

    Lee et al. 2024, arXiv:2407.12173. Like AUTOMATIC1111 and diffusers, unlike the paper and
    ComfyUI, it spreads sigma and not the timestep, so that their pictures come out here.
    """
    shares = [_beta.quantile(1 - index / max(steps - 1, 1), alpha, beta) for index in range(steps)]
    spread = torch.tensor(shares, dtype=torch.float64)
    return _ended(clock.sigma_min + spread * (clock.sigma_max - clock.sigma_min))


SCHEDULES: Mapping[str, Schedule] = MappingProxyType(
    {
        "karras": karras,
        "exponential": exponential,
        "polyexponential": polyexponential,
        "uniform": uniform,
        "sgm_uniform": sgm_uniform,
        "simple": simple,
        "normal": uniform,
        "ddim": ddim,
        "beta": beta,
    }
)
"""By id. ``normal`` is ComfyUI's name of the model's own list."""


def truncated(sigmas: Tensor, strength: float) -> Tensor:
    """Return the tail of a schedule that repaints a given picture with a given strength.

    AUTOMATIC1111's rule: ``int(min(strength, 0.999) * steps) + 1`` steps are walked. So strength 0
    still walks one step, from the schedule's lowest level, and there is always a sample; strength 1
    walks all of them, starting from the picture under the full noise.

    Args:
        sigmas: (steps + 1,) the whole schedule, steps at least 1.
        strength: share of the schedule to run, 0..1.

    Returns:
        (1 + steps walked,) the last levels of `sigmas`.
    """
    steps = len(sigmas) - 1
    walked = int(min(strength, 0.999) * steps) + 1
    return sigmas[steps - walked :]


def _ramp(first: float, last: float, count: int) -> Tensor:
    return torch.linspace(first, last, count, dtype=torch.float64)


def _timesteps(clock: Clock) -> tuple[float, float]:
    """Return the timesteps of the highest and the lowest level."""
    ends = clock.timestep(torch.tensor([clock.sigma_max, clock.sigma_min], dtype=torch.float64))
    return float(ends[0]), float(ends[1])


def _ended(levels: Tensor) -> Tensor:
    return torch.cat((levels, levels.new_zeros(1)))
