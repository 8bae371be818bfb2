"""One leap: its order, measured on data whose path is known."""

import math

import pytest
import torch
from torch import Tensor

from underpaint.diffusion.samplers._dpm_solver import Leap, leap


def gaussian(x: Tensor, sigma: Tensor) -> Tensor:
    return x / (1 + sigma.reshape(-1, 1) ** 2) if sigma.ndim else x / (1 + sigma**2)


def leapt(length: float) -> Leap:
    sigma = torch.tensor(1.0, dtype=torch.float64)
    x = torch.tensor([[math.sqrt(2)]], dtype=torch.float64)
    return leap(gaussian, x, sigma, sigma * math.exp(-length))[0]


def ends(length: float) -> tuple[float, float, float]:
    one = leapt(length)
    half, third = one.turned(1 / 2), one.turned(1 / 3)
    return float(one.first()), float(one.second(half, 1 / 2)), float(one.third(third))


def test_each_end_has_its_order() -> None:
    """Half the leap divides the error by 2^(order + 1), or by more."""
    short, long = ([abs(end - math.hypot(1, math.exp(-h))) for end in ends(h)] for h in (0.1, 0.2))
    orders = [math.log2(before / after) for before, after in zip(long, short, strict=True)]
    assert orders == pytest.approx([2, 3, 4], abs=0.4)


def test_the_clean_estimate_comes_with_the_leap() -> None:
    sigma, x = torch.tensor(1.0, dtype=torch.float64), torch.ones(1, 1, dtype=torch.float64)
    one, denoised = leap(gaussian, x, sigma, sigma / 2)
    assert float(denoised) == 0.5
    assert float(one.slope) == 0.5


def test_images_leap_from_levels_of_their_own() -> None:
    x = torch.tensor([[3.0, 1.0], [0.5, -2.0]], dtype=torch.float64)
    levels, lower = torch.tensor([4.0, 0.5]).double(), torch.tensor([2.0, 0.1]).double()
    together, _ = leap(gaussian, x, levels, lower)
    end = together.third(together.turned(1 / 3))
    for index in range(2):
        alone, _ = leap(gaussian, x[index : index + 1], levels[index], lower[index])
        torch.testing.assert_close(alone.third(alone.turned(1 / 3))[0], end[index])
