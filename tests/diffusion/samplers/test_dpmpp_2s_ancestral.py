"""DPM++ 2S ancestral against k-diffusion and the sampler it is without noise."""

from collections.abc import Callable
from types import ModuleType

import torch
from torch import Tensor

from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers import dpmpp_2s_ancestral, dpmpp_sde


def test_it_ends_where_k_diffusion_does(
    assert_like_k_diffusion: Callable[[ModuleType], None],
) -> None:
    assert_like_k_diffusion(dpmpp_2s_ancestral)


def test_without_noise_it_is_dpmpp_sde(curved: Denoiser, levels: Tensor) -> None:
    x = torch.linspace(-20, 20, 24, dtype=torch.float64).reshape(1, 3, 8)
    *_, ours = dpmpp_2s_ancestral.sample(curved, x, levels, eta=0.0)
    *_, theirs = dpmpp_sde.sample(curved, x, levels, eta=0.0)
    torch.testing.assert_close(ours.x, theirs.x)
