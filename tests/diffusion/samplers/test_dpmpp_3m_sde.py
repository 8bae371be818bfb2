"""DPM++ 3M SDE against k-diffusion, and how it gets going."""

from collections.abc import Callable
from types import ModuleType

import torch
from torch import Tensor

from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers import dpmpp_2m_sde_heun, dpmpp_3m_sde


def test_it_ends_where_k_diffusion_does(
    assert_like_k_diffusion: Callable[[ModuleType], None],
) -> None:
    assert_like_k_diffusion(dpmpp_3m_sde)


def test_its_first_two_steps_are_those_of_the_second_order(
    curved: Denoiser, levels: Tensor
) -> None:
    x = torch.linspace(-20, 20, 24, dtype=torch.float64).reshape(1, 3, 8)
    ours = list(dpmpp_3m_sde.sample(curved, x, levels, eta=0.0))
    theirs = list(dpmpp_2m_sde_heun.sample(curved, x, levels, eta=0.0))
    for index in range(2):
        torch.testing.assert_close(ours[index].x, theirs[index].x)
    assert not torch.allclose(ours[2].x, theirs[2].x)
