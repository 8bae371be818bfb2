"""DPM++ 2M SDE Heun against k-diffusion, and the kind of estimate it follows exactly."""

import math
from collections.abc import Callable
from types import ModuleType

import pytest
import torch
from torch import Tensor

from underpaint.diffusion.samplers import dpmpp_2m_sde, dpmpp_2m_sde_heun


def test_it_ends_where_k_diffusion_does(
    assert_like_k_diffusion: Callable[[ModuleType], None],
) -> None:
    assert_like_k_diffusion(dpmpp_2m_sde_heun)


def test_an_estimate_linear_in_lambda_is_followed_exactly() -> None:
    """dx/dlambda = lambda - x is solved by x = lambda - 1 + c exp(-lambda)."""

    def denoise(x: Tensor, sigma: Tensor) -> Tensor:
        return torch.full_like(x, -math.log(float(sigma)))

    def error(sampler: ModuleType) -> float:
        first, second = sampler.sample(denoise, x, levels, eta=0.0)
        rest = float(first.x) - (-math.log(1.0) - 1)
        return abs(float(second.x) - (-math.log(0.25) - 1 + rest * 0.25))

    x, levels = torch.full((1, 1), 8.0, dtype=torch.float64), torch.tensor([4.0, 1.0, 0.25])
    assert error(dpmpp_2m_sde_heun) == pytest.approx(0, abs=1e-12)
    assert error(dpmpp_2m_sde) > 0.01
