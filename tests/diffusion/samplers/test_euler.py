"""Euler against k-diffusion and diffusers."""

from collections.abc import Callable
from types import ModuleType

import torch

from underpaint.diffusion.samplers import euler


def test_it_ends_where_k_diffusion_does(
    assert_like_k_diffusion: Callable[[ModuleType], None],
) -> None:
    assert_like_k_diffusion(euler)


def test_a_constant_estimate_is_reached_along_a_line() -> None:
    x0, x = torch.tensor([[2.0]]), torch.tensor([[12.0]])
    walked = list(euler.sample(lambda _x, _sigma: x0, x, torch.tensor([10.0, 5.0, 1.0, 0.0])))
    assert [float(step.x) for step in walked] == [7.0, 3.0, 2.0]
