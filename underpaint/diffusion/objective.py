"""The training loss: draw a noise level, noise the picture, compare, weigh."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

import torch
from torch import Tensor

from underpaint.diffusion.forward import Clock, noised, per_image
from underpaint.diffusion.prediction import Network, Prediction

Weighting: TypeAlias = Literal["uniform", "min_snr", "min_snr_plus", "edm"]

MIN_SNR_GAMMA = 5.0
"""Where the weight stops growing with the signal-to-noise ratio; the paper's value."""

SIGMA_DATA = 1.0
"""Standard deviation of the clean latent; families scale their latents to about 1."""


def draw_sigmas(clock: Clock, count: int, generator: torch.Generator) -> Tensor:
    """Draw noise levels, uniformly among the trained ones (Ho et al. 2020, algorithm 1).

    Args:
        clock: the levels.
        count: how many, at least 1.
        generator: a CPU generator; the same state gives the same levels.

    Returns:
        (count,) float64 on the CPU.
    """
    return clock.sigmas[torch.randint(len(clock.sigmas), (count,), generator=generator)]


def loss(
    network: Network,
    prediction: Prediction,
    clock: Clock,
    x0: Tensor,
    *,
    noise: Tensor,
    sigma: Tensor,
    weighting: Weighting = "uniform",
) -> Tensor:
    """Return the weighed squared error of a network's prediction, one number per image.

    Args:
        network: takes the scaled latent and its timestep (B,); bind the condition beforehand.
        prediction: what it predicts.
        clock: gives the timestep of a level.
        x0: clean latent, (B, ...), float32 or wider.
        noise: like x0, unit normal.
        sigma: (B,), levels within the clock's.
        weighting: a key of `WEIGHTINGS`.

    Returns:
        (B,) in the dtype of x0, at least 0; its mean is what training minimises.
    """
    level = sigma.detach().to("cpu", torch.float64)
    x = noised(x0, level, noise)
    timestep = clock.timestep(level).to(x.device, x.dtype)

    output = network(per_image(prediction.c_in(level), x) * x, timestep).to(x.dtype)
    error = (output - prediction.target(x0, noise, level)).square().flatten(1).mean(1)
    return per_image(WEIGHTINGS[weighting](prediction, level), error) * error


def _uniform(_prediction: Prediction, sigma: Tensor) -> Tensor:
    """Every level alike: L_simple of Ho et al. 2020, eq. 14."""
    return torch.ones_like(sigma)


def _min_snr(prediction: Prediction, sigma: Tensor) -> Tensor:
    """min(SNR, gamma) on the error of x0: Hang et al. 2023, arXiv:2303.09556, eq. 8."""
    return (sigma**-2).clamp(max=MIN_SNR_GAMMA) * prediction.c_out(sigma) ** 2


def _min_snr_plus(prediction: Prediction, sigma: Tensor) -> Tensor:
    """min(SNR + 1, gamma) on the error of x0, which still counts where there is only noise.

    min_snr falls to 0 there, and a network with zero terminal SNR begins every picture there. The
    one that is added is that of Salimans and Ho 2022, arXiv:2202.00512, section 4.
    """
    return (sigma**-2 + 1).clamp(max=MIN_SNR_GAMMA) * prediction.c_out(sigma) ** 2


def _edm(prediction: Prediction, sigma: Tensor) -> Tensor:
    """1 / c_out^2 of EDM's preconditioner on the error of x0: Karras et al. 2022, table 1."""
    of_x0 = (sigma**2 + SIGMA_DATA**2) / (sigma * SIGMA_DATA) ** 2
    return of_x0 * prediction.c_out(sigma) ** 2


WEIGHTINGS: Mapping[Weighting, Callable[[Prediction, Tensor], Tensor]] = MappingProxyType(
    {"uniform": _uniform, "min_snr": _min_snr, "min_snr_plus": _min_snr_plus, "edm": _edm}
)
"""Weight of a level on the squared error of what the network predicts, by name.

Papers weigh the error of x0; the error of a prediction times c_out is that of x0.
"""
