"""LMS against k-diffusion, and paths it follows exactly."""

from collections.abc import Callable
from types import ModuleType

import pytest
import torch
from torch import Tensor

from underpaint.diffusion.samplers import lms


def test_it_ends_where_k_diffusion_does(
    assert_like_k_diffusion: Callable[[ModuleType], None],
) -> None:
    assert_like_k_diffusion(lms)


@pytest.mark.parametrize("power", [0, 1, 2, 3])
def test_a_slope_that_is_a_cubic_is_followed_exactly(power: int) -> None:
    """From the fourth step on, at any distance of the levels."""

    def denoise(x: Tensor, sigma: Tensor) -> Tensor:
        return x - sigma ** (power + 1)

    x = torch.full((1, 1), 8.0, dtype=torch.float64)
    levels = [7.0, 5.0, 4.5, 2.0, 1.5, 0.25]
    *_, before, last = lms.sample(denoise, x, torch.tensor(levels))
    exact = (0.25 ** (power + 1) - 1.5 ** (power + 1)) / (power + 1)
    assert float(last.x - before.x) == pytest.approx(exact)
