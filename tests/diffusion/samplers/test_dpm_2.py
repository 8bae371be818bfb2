"""DPM2 against k-diffusion, and a path it follows exactly."""

import math
from collections.abc import Callable
from types import ModuleType

import pytest
import torch
from torch import Tensor

from underpaint.diffusion.samplers import dpm_2, dpm_2_ancestral
from underpaint.diffusion.samplers._step import Churn


def test_it_ends_where_k_diffusion_does(
    assert_like_k_diffusion: Callable[[ModuleType], None],
) -> None:
    assert_like_k_diffusion(dpm_2)


def test_it_looks_halfway_in_log_sigma() -> None:
    """With denoised = x - sigma^2 the slope is sigma, so a step goes by its middle's."""

    def denoise(x: Tensor, sigma: Tensor) -> Tensor:
        return x - sigma**2

    x = torch.tensor([[8.0]], dtype=torch.float64)
    first, second = dpm_2.sample(denoise, x, torch.tensor([4.0, 1.0, 0.25]))
    assert float(first.x) == pytest.approx(8 - 3 * math.sqrt(4))
    assert float(second.x) == pytest.approx(2 - 0.75 * math.sqrt(0.25))


def test_with_churn_it_steps_from_higher_up() -> None:
    levels = torch.tensor([4.0, 1.0])
    (step,) = dpm_2.sample(
        lambda x, _sigma: x * 0, torch.ones(1, 1), levels, lambda _a, _b: torch.zeros(1, 1),
        churn=Churn(s_churn=0.2),
    )  # fmt: skip
    assert float(step.x) == pytest.approx(1 + (1 - 4.8) / math.sqrt(4.8) * math.sqrt(1 / 4.8))


def test_its_ancestral_twin_is_it_without_noise() -> None:
    x = torch.linspace(-9, 9, 7, dtype=torch.float64)[None]
    levels = torch.tensor([9.0, 3.0, 1.0, 0.0])
    *_, one = dpm_2.sample(torch.mul, x, levels)
    *_, twin = dpm_2_ancestral.sample(torch.mul, x, levels, eta=0.0)
    torch.testing.assert_close(one.x, twin.x)
