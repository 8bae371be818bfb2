"""DPM adaptive against k-diffusion, at its own pace, for each image its own."""

import math
from collections.abc import Callable
from itertools import pairwise
from types import ModuleType

import pytest
import torch
from torch import Tensor

from underpaint.diffusion.forward import per_image
from underpaint.diffusion.noise import Level
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers import dpm_adaptive
from underpaint.diffusion.samplers._step import Step

LEVELS = torch.tensor([14.6, 0.03, 0.0], dtype=torch.float64)


def gaussian(x: Tensor, sigma: Tensor) -> Tensor:
    return x * (0.25 / (0.25 + per_image(sigma, x) ** 2))


def steep(x: Tensor, sigma: Tensor) -> Tensor:
    """Two sharp values, so that leaps must be short where it has to choose."""
    return torch.tanh(x / per_image(sigma, x) ** 2)


def walked(denoise: Denoiser, x: Tensor) -> list[Step]:
    return list(dpm_adaptive.sample(denoise, x, LEVELS, eta=0.0))


def test_it_ends_where_k_diffusion_does(
    assert_like_k_diffusion: Callable[[ModuleType], None],
) -> None:
    assert_like_k_diffusion(dpm_adaptive)


def test_it_ends_near_the_exact_path() -> None:
    start = torch.full((1, 8), math.hypot(0.5, 14.6), dtype=torch.float64)
    *_, before, _last = walked(gaussian, start)
    assert before.x.mean() == pytest.approx(math.hypot(0.5, 0.03), rel=0.04)


def test_hard_pictures_take_more_leaps() -> None:
    assert len(walked(steep, torch.full((1, 8), 5.0))) > len(walked(gaussian, torch.ones(1, 8)))


def test_every_image_has_its_own_pace() -> None:
    """One that is done waits for the others, and comes out as if it had been alone."""
    x = torch.stack([torch.zeros(8), torch.linspace(-9, 9, 8), torch.full((8,), 5.0)])
    together = walked(steep, x)
    counts = [len(walked(steep, image[None])) for image in x]
    assert len(together) == max(counts) > min(counts)
    for index, image in enumerate(x):
        assert torch.equal(walked(steep, image[None])[-1].x[0], together[-1].x[index])


def test_noise_is_drawn_for_leaps_that_stand_only() -> None:
    drawn: list[tuple[float, float]] = []

    def noise(sigma: Level, sigma_next: Level) -> Tensor:
        drawn.append((float(sigma), float(sigma_next)))
        return torch.ones(1, 8)

    list(dpm_adaptive.sample(steep, torch.full((1, 8), 5.0), LEVELS, noise))
    stood = [interval for interval in drawn if interval[0] != interval[1]]
    assert len(stood) < len(drawn)
    assert all(before[1] == after[0] for before, after in pairwise(stood))
    assert stood[0][0] == 14.6
    assert stood[-1][1] == 0.03


def test_numbers_that_are_none_do_not_go_on_for_ever() -> None:
    steps = walked(lambda x, _sigma: x * float("nan"), torch.ones(1, 8))
    assert len(steps) == 2
    assert torch.isnan(steps[-1].x).all()


def test_progress_never_falls() -> None:
    levels = torch.cat((torch.linspace(14.6, 0.03, 20, dtype=torch.float64), LEVELS[-1:]))
    told = [step.index for step in dpm_adaptive.sample(steep, torch.ones(1, 8), levels, eta=0.0)]
    assert told == sorted(told)
    assert told[-1] == 19
