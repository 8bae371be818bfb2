"""Trap: a timestep in a narrow dtype, or rounded to a whole number, is another noise level."""

import pytest
import torch
from torch import Tensor

from underpaint.diffusion.forward import Clock, betas
from underpaint.diffusion.prediction import PREDICTIONS
from underpaint.diffusion.sigmas import karras

CLOCK = Clock.from_betas(betas("scaled_linear"))


def heard(sigma: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """Return the timestep a network is handed."""
    timesteps: list[Tensor] = []

    def network(x: Tensor, timestep: Tensor) -> Tensor:
        timesteps.append(timestep)
        return x.to(torch.bfloat16)

    PREDICTIONS["eps"].denoiser(network, CLOCK)(torch.zeros(1, 4, dtype=dtype), sigma)
    return timesteps[0]


def test_the_trap_is_there() -> None:
    assert torch.tensor(999.0).to(torch.bfloat16) == 1000
    assert torch.tensor(999.4).to(torch.float16) == 999.5


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_half_precision_network_hears_the_whole_timestep(dtype: torch.dtype) -> None:
    timestep = heard(CLOCK.sigma(torch.tensor(998.3)), dtype)
    assert timestep.dtype == dtype
    assert float(timestep) == pytest.approx(998.3, abs=1e-3)


def test_levels_between_trained_ones_keep_their_fraction() -> None:
    timesteps = torch.cat([heard(sigma) for sigma in karras(50, CLOCK)[:-1]])
    assert (timesteps.diff() < 0).all()
    assert (timesteps != timesteps.round()).sum() > 40


def test_levels_in_float32_walk_as_those_in_float64() -> None:
    wide = karras(50, CLOCK)[:-1]
    torch.testing.assert_close(
        CLOCK.timestep(wide.float()), CLOCK.timestep(wide), rtol=0, atol=1e-3
    )
