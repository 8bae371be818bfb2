"""Heun against k-diffusion and a path it follows exactly."""

from collections.abc import Callable
from types import ModuleType

import pytest
import torch
from torch import Tensor

from underpaint.diffusion.samplers import heun


def test_it_ends_where_k_diffusion_does(
    assert_like_k_diffusion: Callable[[ModuleType], None],
) -> None:
    assert_like_k_diffusion(heun)


def test_a_quadratic_path_is_followed_exactly() -> None:
    """With denoised = x - sigma^2 the slope is sigma, which the trapezoid rule integrates."""

    def denoise(x: Tensor, sigma: Tensor) -> Tensor:
        return x - sigma**2

    x = torch.tensor([[8.0]], dtype=torch.float64)
    first, second = heun.sample(denoise, x, torch.tensor([4.0, 2.0, 1.0]))
    assert float(first.x) == pytest.approx(8 - (16 - 4) / 2)
    assert float(second.x) == pytest.approx(8 - (16 - 1) / 2)
