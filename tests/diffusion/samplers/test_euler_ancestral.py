"""Euler ancestral against k-diffusion, and against the samplers it contains."""

from collections.abc import Callable
from types import ModuleType

import torch
from torch import Tensor

from underpaint.diffusion.noise import source, starting
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers import ddpm, euler, euler_ancestral


def test_it_ends_where_k_diffusion_does(
    assert_like_k_diffusion: Callable[[ModuleType], None],
) -> None:
    assert_like_k_diffusion(euler_ancestral)


def test_without_noise_it_is_euler(curved: Denoiser, levels: Tensor) -> None:
    x = starting([1], (4, 5)) * levels[0]
    *_, ours = euler_ancestral.sample(curved, x, levels, eta=0.0)
    *_, theirs = euler.sample(curved, x, levels)
    torch.testing.assert_close(ours.x, theirs.x)


def test_with_all_of_it_it_is_ddpm(curved: Denoiser, levels: Tensor) -> None:
    x = starting([1], (4, 5), dtype=torch.float64) * levels[0]
    noises = [source("gaussian", [1], (4, 5), levels) for _ in range(2)]
    *_, ours = euler_ancestral.sample(curved, x, levels, noises[0])
    *_, theirs = ddpm.sample(curved, x, levels, noises[1])
    torch.testing.assert_close(ours.x, theirs.x)
