"""Schedules: the list of noise levels a sampler walks down, side by side.

Each takes the number of steps (1 up to the length of the clock) and the network's clock, and
returns (steps + 1,) float64 levels on the CPU: falling from sigma_max, the last one 0.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol, Self, TypeAlias

import torch
from torch import Tensor

from underpaint.diffusion import _beta
from underpaint.diffusion.forward import Clock
from underpaint.errors import RequestError

ALIGNED_SD1 = 14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029
ALIGNED_SDXL = 14.615, 6.315, 3.771, 2.181, 1.342, 0.862, 0.555, 0.380, 0.234, 0.113, 0.029
"""The eleven levels of ten steps that Sabour et al. 2024 found for two families."""

Schedule: TypeAlias = Callable[[int, Clock], Tensor]


def karras(steps: int, clock: Clock, *, rho: float = 7.0) -> Tensor:
    """Return levels even in sigma^(1/rho): Karras et al. 2022, arXiv:2206.00364, eq. 5."""
    return karras_between(clock.sigma_min, clock.sigma_max, steps, rho=rho)


def karras_between(low: float, high: float, steps: int, *, rho: float = 7.0) -> Tensor:
    """Return `karras` from one level down to another, and 0."""
    return _ended(_ramp(high ** (1 / rho), low ** (1 / rho), steps) ** rho)


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


def kl_optimal(steps: int, clock: Clock) -> Tensor:
    """Return levels even in arctan(sigma): Sabour et al. 2024, arXiv:2404.14507, theorem 3.1.

    Like AUTOMATIC1111 it counts the lowest level as the last step's end, which here is 0.
    """
    high, low = math.atan(clock.sigma_max), math.atan(clock.sigma_min)
    return _ended(_ramp(high, low, steps + 1)[:-1].tan())


def align_your_steps(steps: int, clock: Clock, *, aligned: Sequence[float] = ALIGNED_SD1) -> Tensor:
    """Return the levels found best for ten steps, and those between for another number.

    Sabour et al. 2024, arXiv:2404.14507; between two levels log(sigma) is linear.

    Args:
        steps: 1 or more.
        clock: not used: the levels are those of Stable Diffusion's.
        aligned: the published levels of a family, falling.
    """
    known = torch.tensor(aligned, dtype=torch.float64).log()
    places = _ramp(0, len(aligned) - 1, steps)
    below = places.long().clamp(max=len(aligned) - 2)
    return _ended(torch.lerp(known[below], known[below + 1], places - below).exp())


def turbo(steps: int, clock: Clock) -> Tensor:
    """Return trained levels only, evenly apart, from the highest down to a stride above none.

    For distilled networks of one to four steps, as Forge has it.
    """
    stride = len(clock.sigmas) / steps
    places = [round((index + 1) * stride - 1) for index in reversed(range(steps))]
    return _ended(clock.sigmas[places])


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
        "kl_optimal": kl_optimal,
        "align_your_steps": align_your_steps,
        "simple": simple,
        "normal": uniform,
        "ddim": ddim,
        "beta": beta,
        "turbo": turbo,
    }
)
"""By id. ``normal`` is ComfyUI's name of the model's own list."""


class _Curve(Protocol):
    def __call__(self, steps: int, clock: Clock, *, rho: float) -> Tensor: ...


CURVED: Mapping[str, _Curve] = MappingProxyType(
    {"karras": karras, "polyexponential": polyexponential}
)
"""Schedules that have a rho, by id."""


def levels(
    schedule: str,
    steps: int,
    clock: Clock,
    *,
    ends: tuple[float, float] = (0.0, 0.0),
    rho: float = 0.0,
    discard: bool = False,
    aligned: Sequence[float] = ALIGNED_SD1,
) -> Tensor:
    """Return the levels of a schedule by its id, with what can be set about it.

    Args:
        schedule: a key of `SCHEDULES`.
        steps: of the walk, 1 up to the length of the clock.
        clock: of the network.
        ends: (lowest, highest) level; 0 is the clock's own. Schedules that take trained levels only
            pass over it.
        rho: the curve of those that have one; 0 is their own.
        discard: leave out the lowest level of a walk that is longer by one: the last step of some
            samplers is better taken from further up.
        aligned: what the schedule align_your_steps goes by.

    Returns:
        (steps + 1,) float64, falling, last 0.

    Raises:
        RequestError: the ends are the wrong way round.
    """
    low, high = ends[0] or clock.sigma_min, ends[1] or clock.sigma_max
    if low >= high:
        raise RequestError(f"sigma_min is {low:g}; it must be below sigma_max, which is {high:g}")
    clock = _Narrowed.of(clock, low, high) if any(ends) else clock
    curve = CURVED.get(schedule) if rho else None
    longer = steps + discard
    if schedule == "align_your_steps":
        sigmas = align_your_steps(longer, clock, aligned=aligned)
    else:
        sigmas = curve(longer, clock, rho=rho) if curve else SCHEDULES[schedule](longer, clock)
    return torch.cat((sigmas[:-2], sigmas[-1:])) if discard else sigmas


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


@dataclass(frozen=True, eq=False, slots=True)
class _Narrowed(Clock):
    """A clock walked between other ends than its own."""

    whole: Clock
    low: float
    high: float

    @classmethod
    def of(cls, clock: Clock, low: float, high: float) -> Self:
        return cls(clock.sigmas, clock, low, high)

    @property
    def sigma_min(self) -> float:
        return self.low

    @property
    def sigma_max(self) -> float:
        return self.high

    def sigma(self, timestep: Tensor) -> Tensor:
        return self.whole.sigma(timestep)

    def timestep(self, sigma: Tensor) -> Tensor:
        return self.whole.timestep(sigma)
