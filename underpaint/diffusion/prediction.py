"""What a network predicts, and how that becomes a denoiser and a training target.

One object serves both, so a picture is painted with the very scalings its network was taught with
(Karras et al. 2022, arXiv:2206.00364, section 5):

    denoised = c_skip * x + c_out * network(c_in * x, timestep)
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import torch
from torch import Tensor

from underpaint.diffusion.forward import Clock, per_image

Denoiser: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""(x (B, ...), sigma () or (B,)) -> estimate of the clean latent, like x."""

Network: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""(c_in * x (B, ...), timestep (B,) in the dtype of x) -> what the network predicts, like x."""

Coefficient: TypeAlias = Callable[[Tensor], Tensor]
"""A function of sigma, any shape in, same shape out."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a network predicts, ``of_data * x0 + of_noise * noise``, and its scalings.

    Attributes:
        name: its name in papers and settings.
        c_skip: share of x in the denoised estimate.
        c_out: share of the network's output in the denoised estimate.
        c_in: what x is multiplied by before the network sees it.
        of_data: share of the clean latent in the target.
        of_noise: share of the unit noise in the target.
    """

    name: str
    c_skip: Coefficient
    c_out: Coefficient
    c_in: Coefficient
    of_data: Coefficient
    of_noise: Coefficient

    def denoiser(self, network: Network, clock: Clock) -> Denoiser:
        """Return the network as a function (x, sigma) -> denoised.

        Args:
            network: takes the scaled latent and its timestep (B,). It may compute in half
                precision, but is handed, and answers for, the dtype of x: a timestep in half
                precision would be rounded (999 becomes 1000 in bfloat16).
            clock: gives the timestep of a level.
        """

        def denoise(x: Tensor, sigma: Tensor) -> Tensor:
            level = sigma.detach().to("cpu", torch.float64)
            timestep = clock.timestep(level).to(x.device, x.dtype).expand(len(x))
            output = network(per_image(self.c_in(level), x) * x, timestep).to(x.dtype)
            return per_image(self.c_skip(level), x) * x + per_image(self.c_out(level), x) * output

        return denoise

    def target(self, x0: Tensor, noise: Tensor, sigma: Tensor) -> Tensor:
        """Return what the network should have said, in closed form.

        Solving ``c_skip * x + c_out * target = x0`` for it instead would divide a difference of
        near equals by c_out, which for eps is sigma: at 0.03 that turns a rounding error into one
        thirty times as large.

        Args:
            x0: clean latent, (B, ...).
            noise: like x0.
            sigma: () or (B,), > 0.

        Returns:
            Like x0.
        """
        level = sigma.detach().to("cpu", torch.float64)
        return per_image(self.of_data(level), x0) * x0 + per_image(self.of_noise(level), x0) * noise


def _one(sigma: Tensor) -> Tensor:
    return torch.ones_like(sigma)


def _zero(sigma: Tensor) -> Tensor:
    return torch.zeros_like(sigma)


def _alpha(sigma: Tensor) -> Tensor:
    """Return the signal's share of a unit-variance mix: sqrt(alpha_bar)."""
    return (1 + sigma**2).rsqrt()


def _minus_sine(sigma: Tensor) -> Tensor:
    """Return minus the noise's share of a unit-variance mix: -sqrt(1 - alpha_bar)."""
    return -sigma * _alpha(sigma)


def _one_minus_time(sigma: Tensor) -> Tensor:
    return 1 / (1 + sigma)


def _minus_time(sigma: Tensor) -> Tensor:
    return -sigma / (1 + sigma)


def _minus_one(sigma: Tensor) -> Tensor:
    return -torch.ones_like(sigma)


def _alpha_bar(sigma: Tensor) -> Tensor:
    """Return alpha_bar."""
    return 1 / (1 + sigma**2)


# fmt: off
#                         c_skip,            c_out,       c_in,            of_data,     of_noise
eps  = Prediction("eps",  _one,              torch.neg,   _alpha,          _zero,       _one)
v    = Prediction("v",    _alpha_bar,        _minus_sine, _alpha,          _minus_sine, _alpha)
x0   = Prediction("x0",   _zero,             _one,        _alpha,          _one,        _zero)
flow = Prediction("flow", _one_minus_time,   _minus_time, _one_minus_time, _minus_one,  _one)
# fmt: on

PREDICTIONS: Mapping[str, Prediction] = MappingProxyType(
    {prediction.name: prediction for prediction in (eps, v, x0, flow)}
)
"""By name. eps: Ho et al. 2020; v: Salimans and Ho 2022, arXiv:2202.00512, app. D; x0; flow: Liu et
al. 2022.

v and x0 hold at any level; eps says nothing at zero signal-to-noise ratio, flow nothing at t = 1.
"""
