"""Restart: Heun on its legs, and noise between them."""

import math
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from underpaint.diffusion.forward import Clock, betas
from underpaint.diffusion.noise import Level
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers import heun, restart
from underpaint.diffusion.sigmas import karras, karras_between

CLOCK = Clock.from_betas(betas("scaled_linear"))


@pytest.mark.parametrize(
    ("steps", "again", "times"), [(19, 0, 0), (20, 9, 1), (35, 9, 1), (36, 9, 2), (80, 20, 2)]
)
def test_as_many_steps_as_asked_for_some_of_them_again(steps: int, again: int, times: int) -> None:
    legs = restart.legs(karras(steps, CLOCK))
    assert len(legs) == (times + 2 if times else 1)
    assert sum(len(leg) - 1 for leg in legs) == steps
    assert all(len(leg) - 1 == again for leg in legs[1:-1])
    assert legs[-1][-1] == 0
    for before, after in pairwise(legs[:-1]):
        assert after[0] == pytest.approx(2, rel=0.4)
        assert before[-1] == pytest.approx(float(after[-1]))
        assert 0.05 < before[-1] < 0.2


def test_a_sketch_repainted_from_low_down_is_not_restarted() -> None:
    (levels,) = restart.legs(karras_between(0.03, 0.09, 20))
    assert len(levels) == 12


def test_it_is_heun_until_the_restart(curved: Denoiser) -> None:
    levels = karras(20, CLOCK)
    first = restart.legs(levels)[0]
    x = torch.ones(1, 4)
    walk = restart.sample(curved, x, levels, lambda _a, _b: torch.ones(1, 4))
    for ours, theirs in zip(walk, heun.sample(curved, x, first), strict=False):
        assert torch.equal(ours.x, theirs.x)


def test_the_noise_leads_back_up() -> None:
    """Of nothing but noise, its amount is what is missing to the level gone back to."""
    levels, drawn = karras(20, CLOCK), list[tuple[float, float]]()

    def noise(sigma: Level, sigma_next: Level) -> Tensor:
        drawn.append((float(sigma), float(sigma_next)))
        return torch.ones(1, 1, dtype=torch.float64)

    walked = list(
        restart.sample(lambda x, _sigma: x, torch.zeros(1, 1), levels, noise, s_noise=0.5)
    )
    ((low, high),) = drawn
    assert float(walked[-1].x) == pytest.approx(0.5 * math.sqrt(high**2 - low**2))
    assert [step.index for step in walked] == list(range(20))


def test_the_spread_of_normal_data_comes_out_to_second_order() -> None:
    """Twice the steps divide its error by four, once there are two restarts."""

    def gaussian(x: Tensor, sigma: Tensor) -> Tensor:
        return x * (0.25 / (0.25 + sigma**2))

    def error(steps: int) -> float:
        levels = karras(steps, CLOCK)[:-1]
        x, draws = torch.zeros(3, 1, dtype=torch.float64), iter(torch.eye(3).double()[1:])
        x[0] = math.hypot(0.5, float(levels[0]))
        *_, last = restart.sample(gaussian, x, levels, lambda _a, _b: next(draws)[:, None])
        return abs(float(last.x.square().sum()) - 0.25 - float(levels[-1]) ** 2)

    orders = [math.log2(error(steps) / error(2 * steps)) for steps in (40, 80)]
    assert orders == pytest.approx([2, 2], abs=0.3)
