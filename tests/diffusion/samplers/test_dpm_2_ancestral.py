"""DPM2 ancestral against k-diffusion."""

from collections.abc import Callable
from types import ModuleType

import torch
from torch import Tensor

from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers import dpm_2_ancestral


def test_it_ends_where_k_diffusion_does(
    assert_like_k_diffusion: Callable[[ModuleType], None],
) -> None:
    assert_like_k_diffusion(dpm_2_ancestral)


def test_it_looks_halfway_to_where_it_steps_down(curved: Denoiser, levels: Tensor) -> None:
    """Which lies lower than halfway to the next level, for that is reached by noise."""
    seen: list[float] = []

    def counted(x: Tensor, sigma: Tensor) -> Tensor:
        seen.append(float(sigma))
        return curved(x, sigma)

    walk = dpm_2_ancestral.sample(
        counted, torch.ones(1, 4), levels, lambda _a, _b: torch.ones(1, 4)
    )
    assert len(list(walk)) == len(levels) - 1
    assert seen[1] < (seen[0] * seen[2]) ** 0.5
