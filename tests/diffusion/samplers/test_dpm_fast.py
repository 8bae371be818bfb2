"""DPM fast against k-diffusion, and how it spends its calls."""

from collections.abc import Callable
from types import ModuleType

import pytest
import torch
from torch import Tensor

from underpaint.diffusion.forward import Clock, betas
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers import dpm_fast
from underpaint.diffusion.sigmas import karras

CLOCK = Clock.from_betas(betas("scaled_linear"))


def test_it_ends_where_k_diffusion_does(
    assert_like_k_diffusion: Callable[[ModuleType], None],
) -> None:
    assert_like_k_diffusion(dpm_fast)


@pytest.mark.parametrize("steps", [2, 3, 4, 5, 6, 20])
def test_every_step_is_a_call_and_one_more_lands(curved: Denoiser, steps: int) -> None:
    calls: list[float] = []

    def counted(x: Tensor, sigma: Tensor) -> Tensor:
        calls.append(float(sigma))
        return curved(x, sigma)

    walked = list(dpm_fast.sample(counted, torch.ones(1, 4), karras(steps, CLOCK), eta=0.0))
    assert len(calls) == steps + 1
    assert walked[-1].index == steps - 1
    assert len(walked) == max(1, steps // 3 + 1)


def test_what_comes_before_landing_is_k_diffusions(curved: Denoiser) -> None:
    """Its leaps are the same whether or not the list ends in 0."""
    levels = torch.tensor([9.0, 4.0, 1.0, 0.3, 0.1, 0.0], dtype=torch.float64)
    x = torch.ones(1, 4, dtype=torch.float64)
    same_ends = torch.tensor([9.0, 4.0, 1.0, 0.5, 0.3, 0.1], dtype=torch.float64)
    *_, landed = dpm_fast.sample(curved, x, levels, eta=0.0)
    *_, stopped = dpm_fast.sample(curved, x, same_ends, eta=0.0)
    assert torch.equal(landed.x, curved(stopped.x, levels[-2]))
