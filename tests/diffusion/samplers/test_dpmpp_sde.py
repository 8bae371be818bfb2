"""DPM++ SDE against k-diffusion, and what it asks of its noise."""

import math
from collections.abc import Callable
from types import ModuleType

import pytest
import torch
from torch import Tensor

from underpaint.diffusion.noise import Level
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers import dpmpp_sde


def test_it_ends_where_k_diffusion_does(
    assert_like_k_diffusion: Callable[[ModuleType], None],
) -> None:
    assert_like_k_diffusion(dpmpp_sde)


def test_both_intervals_of_a_step_start_at_its_level(curved: Denoiser, levels: Tensor) -> None:
    asked: list[tuple[float, float]] = []

    def noise(sigma: Level, sigma_next: Level) -> Tensor:
        asked.append((float(sigma), float(sigma_next)))
        return torch.zeros(1, 3)

    list(dpmpp_sde.sample(curved, torch.ones(1, 3), levels, noise))
    assert len(asked) == 2 * (len(levels) - 2)
    assert asked[0] == (14.6, pytest.approx(math.sqrt(14.6 * 5.0)))
    assert asked[1] == (14.6, 5.0)
