"""The diffusion process q(x_t | x_0): noise levels, and the network's clock that names them.

A picture at noise level sigma is ``x = x0 + sigma * noise``. A network trained the DDPM way knows
that level by a timestep, and a `Clock` translates both ways. Levels are few, so they live on the
CPU in float64; pictures keep their own dtype.
"""

import math
from dataclasses import dataclass
from typing import Literal, Self, TypeAlias

import torch
from torch import Tensor

BetaSchedule: TypeAlias = Literal["linear", "scaled_linear", "cosine"]

ALPHA_BAR_AT_ZERO_SNR = 2.0**-24
"""What stands for a cumulative alpha of exactly 0, so that its sigma (4096) stays a number float32
can carry."""


def betas(
    kind: BetaSchedule, steps: int = 1000, *, start: float = 0.00085, end: float = 0.012
) -> Tensor:
    """Return how much noise each step of the forward process adds.

    ``linear``: Ho et al. 2020, arXiv:2006.11239 (whose own ends are 1e-4 and 0.02).
    ``scaled_linear``: linear in the square root, Rombach et al. 2022, arXiv:2112.10752; with the
    default ends, that of Stable Diffusion 1.x. ``cosine``: Nichol and Dhariwal 2021,
    arXiv:2102.09672, eq. 17.

    Args:
        kind: name of the schedule.
        steps: length T of the forward process, at least 1.
        start: first beta, in (0, 1); not used by ``cosine``.
        end: last beta, in (0, 1); not used by ``cosine``.

    Returns:
        (T,) float64, each in (0, 1).
    """
    if kind == "cosine":
        return _cosine_betas(steps)
    if kind == "scaled_linear":
        return torch.linspace(math.sqrt(start), math.sqrt(end), steps, dtype=torch.float64) ** 2
    return torch.linspace(start, end, steps, dtype=torch.float64)


def _cosine_betas(steps: int) -> Tensor:
    time = torch.linspace(0, 1, steps + 1, dtype=torch.float64)
    alpha_bar = torch.cos((time + 0.008) / 1.008 * (math.pi / 2)) ** 2
    return (1 - alpha_bar[1:] / alpha_bar[:-1]).clamp(max=0.999)


def zero_terminal(betas: Tensor) -> Tensor:
    """Return the betas moved so that the last level is pure noise (zero signal-to-noise ratio).

    Lin et al. 2023, arXiv:2305.08891, algorithm 1. Only a network that predicts v or x0 can be used
    at that level: noise tells nothing of the picture when there is nothing but noise.

    Args:
        betas: (T,) float64, T at least 2.

    Returns:
        (T,) float64; the first is kept, the last is 1.
    """
    root = (1 - betas).cumprod(0).sqrt()
    root = (root - root[-1]) * (root[0] / (root[0] - root[-1]))
    alpha_bar = root**2
    return 1 - torch.cat((alpha_bar[:1], alpha_bar[1:] / alpha_bar[:-1]))


@dataclass(frozen=True, eq=False, slots=True)
class Clock:
    """The noise levels a network was trained on, and the timestep it knows each by.

    Between two trained levels log(sigma) is linear in the timestep; outside them both directions
    stay at the nearest end, for a network has seen nothing beyond.

    Attributes:
        sigmas: (T,) float64 on the CPU, rising; ``sigmas[t]`` belongs to timestep t.
    """

    sigmas: Tensor

    @classmethod
    def from_betas(cls, betas: Tensor) -> Self:
        """Return the clock of a forward process: ``sigma = sqrt((1 - alpha_bar) / alpha_bar)``.

        Args:
            betas: (T,), each in (0, 1]; a last beta of 1 (zero terminal SNR) becomes sigma 4096.
        """
        alpha_bar = (1 - betas.to("cpu", torch.float64)).cumprod(0)
        alpha_bar = torch.where(alpha_bar == 0, ALPHA_BAR_AT_ZERO_SNR, alpha_bar)
        return cls(((1 - alpha_bar) / alpha_bar).sqrt())

    @property
    def sigma_min(self) -> float:
        """The lowest trained noise level."""
        return float(self.sigmas[0])

    @property
    def sigma_max(self) -> float:
        """The highest trained noise level."""
        return float(self.sigmas[-1])

    @property
    def is_zero_terminal(self) -> bool:
        """Whether nothing is left of a picture at the highest level: see `zero_terminal`."""
        return self.sigma_max >= ALPHA_BAR_AT_ZERO_SNR**-0.5 / 2

    def sigma(self, timestep: Tensor) -> Tensor:
        """Return the noise level of a timestep; the inverse of `timestep`.

        Args:
            timestep: any shape, 0..T-1, fractions allowed.

        Returns:
            Same shape, float64 on the CPU.
        """
        last = len(self.sigmas) - 1
        place = timestep.detach().to("cpu", torch.float64).clamp(0, last)
        below = place.floor().long().clamp(max=max(last - 1, 0))
        return _between(self.sigmas.log(), below, place - below).exp()

    def timestep(self, sigma: Tensor) -> Tensor:
        """Return the timestep of a noise level; the inverse of `sigma`.

        Args:
            sigma: any shape, at least 0.

        Returns:
            Same shape, float64 on the CPU, 0..T-1 with fractions.
        """
        level = sigma.detach().to("cpu", torch.float64).clamp(self.sigma_min, self.sigma_max)
        above = torch.searchsorted(self.sigmas, level).clamp(min=1, max=len(self.sigmas) - 1)
        low, high = self.sigmas[above - 1].log(), self.sigmas[above].log()
        return above - 1 + (level.log() - low) / (high - low)


def _between(table: Tensor, below: Tensor, share: Tensor) -> Tensor:
    above = (below + 1).clamp(max=len(table) - 1)
    return torch.lerp(table[below], table[above], share)


class FlowClock(Clock):
    """The clock of a flow network: timestep = 1000 t, exact at every level.

    With ``t = sigma / (1 + sigma)``. A flow network is trained on ``(1 - t) * x0 + t * noise`` (Liu
    et al. 2022, arXiv:2209.03003; Lipman et al. 2022, arXiv:2210.02747); divided by ``1 - t`` that
    is ``x0 + sigma * noise``. The shift of Esser et al. 2024 (arXiv:2403.03206, eq. 23) only
    multiplies every sigma.
    """

    @classmethod
    def shifted(cls, shift: float = 1.0, *, steps: int = 1000) -> Self:
        """Return the clock whose levels are evenly spaced in t, then shifted.

        Args:
            shift: > 0; 1 = none, above 1 spends more levels on the outline.
            steps: length of the table, at least 2. Its last level stands just below t = 1, where
                sigma would be infinite.
        """
        time = torch.arange(1, steps + 1, dtype=torch.float64) / steps
        time[-1] = 1 - 0.1 / steps
        return cls(shift * time / (1 - time))

    @property
    def is_zero_terminal(self) -> bool:
        """No: t = 1, where nothing is left, is not among its levels."""
        return False

    def sigma(self, timestep: Tensor) -> Tensor:
        """Return the noise level of a timestep (any shape, 0..1000), float64 on the CPU."""
        time = timestep.detach().to("cpu", torch.float64) / 1000
        return (time / (1 - time)).clamp(self.sigma_min, self.sigma_max)

    def timestep(self, sigma: Tensor) -> Tensor:
        """Return the timestep (0..1000) of a noise level (any shape), float64 on the CPU."""
        level = sigma.detach().to("cpu", torch.float64).clamp(self.sigma_min, self.sigma_max)
        return 1000 * level / (1 + level)


def noised(x0: Tensor, sigma: Tensor, noise: Tensor) -> Tensor:
    """Draw from q(x_t | x_0): ``x0 + sigma * noise``.

    Args:
        x0: clean latent, (B, ...).
        sigma: () or (B,), one level for all or one for each image.
        noise: like x0, unit normal.

    Returns:
        Noised latent, like x0.
    """
    return x0 + per_image(sigma, x0) * noise


def per_image(level: Tensor, like: Tensor) -> Tensor:
    """Return () or (B,) numbers in the dtype and on the device of `like`, shaped to multiply it."""
    shape = (-1, *(1 for _ in like.shape[1:])) if level.ndim else ()
    return level.to(like.device, like.dtype).reshape(shape)
