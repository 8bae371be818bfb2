"""The schedules against their formulas, k-diffusion's numbers and diffusers' lists."""

import json
import math
from pathlib import Path

import pytest
import torch
from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from diffusers.schedulers.scheduling_euler_discrete import EulerDiscreteScheduler
from torch import Tensor

from underpaint.diffusion.forward import Clock, FlowClock, betas, zero_terminal
from underpaint.diffusion.sigmas import (
    ALIGNED_SD1,
    ALIGNED_SDXL,
    SCHEDULES,
    karras,
    levels,
    polyexponential,
    truncated,
)
from underpaint.errors import RequestError

GOLDEN = Path(__file__).parents[1] / "golden" / "samplers.json"
CLOCK = Clock.from_betas(betas("scaled_linear"))
CLOCKS = {
    "stable": CLOCK,
    "zero_terminal": Clock.from_betas(zero_terminal(betas("scaled_linear"))),
    "cosine": Clock.from_betas(betas("cosine")),
    "flow": FlowClock.shifted(3.0),
}


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("steps", [1, 2, 3, 20, 30, 150])
def test_every_schedule_falls_to_zero_in_as_many_steps(name: str, clock: str, steps: int) -> None:
    sigmas = SCHEDULES[name](steps, CLOCKS[clock])
    assert sigmas.shape == (steps + 1,)
    assert sigmas.dtype == torch.float64
    assert sigmas[-1] == 0
    assert (sigmas.diff() < 0).all()
    if name != "align_your_steps":  # whose levels are rounded, and Stable Diffusion's
        assert sigmas[0] <= CLOCKS[clock].sigma_max * (1 + 1e-10)


@pytest.mark.parametrize("name", [name for name in SCHEDULES if name != "ddim"])
def test_all_but_ddim_start_at_the_highest_level(name: str) -> None:
    assert SCHEDULES[name](20, CLOCK)[0] == pytest.approx(CLOCK.sigma_max, rel=1e-4)


@pytest.mark.parametrize("name", ["karras", "exponential", "polyexponential", "uniform", "beta"])
def test_these_walk_the_lowest_level_too(name: str) -> None:
    assert SCHEDULES[name](20, CLOCK)[-2] == pytest.approx(CLOCK.sigma_min)


@pytest.mark.parametrize("name", ["karras", "exponential", "polyexponential"])
def test_closed_forms_are_k_diffusions(name: str) -> None:
    golden = json.loads(GOLDEN.read_text())["schedules"][name]
    clock = Clock(torch.tensor([golden[-2], golden[0]], dtype=torch.float64))
    theirs = torch.tensor(golden, dtype=torch.float64)
    torch.testing.assert_close(SCHEDULES[name](len(golden) - 1, clock), theirs)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("name", ["uniform", "karras", "exponential"])
@pytest.mark.parametrize("steps", [7, 20])
def test_schedules_are_those_of_diffusers(name: str, steps: int) -> None:
    scheduler = EulerDiscreteScheduler(
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.012,
        use_karras_sigmas=name == "karras",
        use_exponential_sigmas=name == "exponential",
    )
    scheduler.set_timesteps(steps)
    theirs = scheduler.sigmas.double()
    torch.testing.assert_close(SCHEDULES[name](steps, CLOCK), theirs, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("steps", [4, 20, 30])
def test_ddim_walks_the_timesteps_of_diffusers(steps: int) -> None:
    scheduler = DDIMScheduler(steps_offset=1)
    scheduler.set_timesteps(steps)
    ours = CLOCK.timestep(SCHEDULES["ddim"](steps, CLOCK)[:-1])
    torch.testing.assert_close(ours, scheduler.timesteps.double())


def test_sgm_uniform_leaves_out_the_lowest_level() -> None:
    timesteps = CLOCK.timestep(SCHEDULES["sgm_uniform"](4, CLOCK)[:-1])
    torch.testing.assert_close(
        timesteps, torch.tensor([999, 749.25, 499.5, 249.75], dtype=torch.float64)
    )


def test_simple_takes_trained_levels_only() -> None:
    sigmas = SCHEDULES["simple"](30, CLOCK)[:-1]
    assert torch.isin(sigmas, CLOCK.sigmas).all()
    assert CLOCK.timestep(sigmas)[:3].tolist() == [999, 966, 933]


def test_beta_crowds_at_both_ends() -> None:
    gaps = -SCHEDULES["beta"](21, CLOCK)[:-1].diff()
    assert gaps[0] < gaps[9] > gaps[-1]
    torch.testing.assert_close(gaps, gaps.flip(0))


def test_rho_crowds_the_low_levels() -> None:
    assert karras(10, CLOCK, rho=9.0)[5] < karras(10, CLOCK)[5] < karras(10, CLOCK, rho=1.0)[5]
    assert polyexponential(10, CLOCK, rho=2.0)[5] < polyexponential(10, CLOCK)[5]


@pytest.mark.parametrize(
    ("strength", "walked"),
    [(0.0, 1), (0.01, 1), (0.05, 2), (0.5, 11), (0.75, 16), (0.99, 20), (0.999, 20), (1.0, 20)],
)
def test_strength_walks_as_many_steps_as_automatic1111(strength: float, walked: int) -> None:
    sigmas = karras(20, CLOCK)
    tail = truncated(sigmas, strength)
    assert len(tail) == walked + 1
    assert torch.equal(tail, sigmas[-walked - 1 :])


@pytest.mark.parametrize("steps", [1, 2, 3, 150])
@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0])
def test_there_is_always_a_step_to_walk(steps: int, strength: float) -> None:
    sigmas: Tensor = truncated(karras(steps, CLOCK), strength)
    assert 2 <= len(sigmas) <= steps + 1
    assert sigmas[-1] == 0


def test_kl_optimal_is_even_in_the_angle() -> None:
    angles = SCHEDULES["kl_optimal"](10, CLOCK)[:-1].atan()
    assert torch.allclose(angles.diff(), angles.diff()[:1])
    assert float(angles[-1] + angles.diff()[0]) == pytest.approx(math.atan(CLOCK.sigma_min))


def test_aligned_steps_are_the_published_ones_and_between() -> None:
    published = torch.tensor(ALIGNED_SD1, dtype=torch.float64)
    torch.testing.assert_close(SCHEDULES["align_your_steps"](11, CLOCK)[:-1], published)
    finer = SCHEDULES["align_your_steps"](21, CLOCK)[:-1]
    torch.testing.assert_close(finer[::2], published)
    torch.testing.assert_close(finer[1::2], (published[1:] * published[:-1]).sqrt())
    xl = levels("align_your_steps", 11, CLOCK, aligned=ALIGNED_SDXL)[:-1]
    torch.testing.assert_close(xl, torch.tensor(ALIGNED_SDXL, dtype=torch.float64))


@pytest.mark.parametrize(
    ("steps", "timesteps"), [(1, [999]), (4, [999, 749, 499, 249]), (3, [999, 666, 332])]
)
def test_turbo_trails_on_trained_levels(steps: int, timesteps: list[int]) -> None:
    assert CLOCK.timestep(SCHEDULES["turbo"](steps, CLOCK)[:-1]).tolist() == timesteps


def test_levels_are_the_schedules_unless_told_otherwise() -> None:
    for name, schedule in SCHEDULES.items():
        assert torch.equal(levels(name, 20, CLOCK), schedule(20, CLOCK))


@pytest.mark.parametrize("name", ["karras", "exponential", "kl_optimal", "beta", "normal"])
def test_ends_may_be_set(name: str) -> None:
    sigmas = levels(name, 20, CLOCK, ends=(0.1, 8.0))
    assert sigmas.shape == (21,)
    assert sigmas[0] == pytest.approx(8.0)
    assert 0.1 * (1 - 1e-9) <= sigmas[-2] < 0.6
    assert levels(name, 20, CLOCK, ends=(0.1, 0.0))[0] == pytest.approx(CLOCK.sigma_max)


def test_ends_hold_for_a_flow_clock_too() -> None:
    sigmas = levels("sgm_uniform", 4, CLOCKS["flow"], ends=(0.0, 3.0))
    torch.testing.assert_close(
        sigmas / (1 + sigmas), torch.tensor([0.75, 0.5625, 0.375, 0.1875, 0], dtype=torch.float64),
        rtol=0.02, atol=0,
    )  # fmt: skip


def test_ends_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(RequestError, match=r"sigma_min is 20; it must be below sigma_max.*14\.6"):
        levels("karras", 20, CLOCK, ends=(20.0, 0.0))


def test_rho_bends_only_what_has_one() -> None:
    assert torch.equal(levels("karras", 9, CLOCK, rho=3.0), karras(9, CLOCK, rho=3.0))
    assert torch.equal(levels("simple", 9, CLOCK, rho=3.0), levels("simple", 9, CLOCK))


@pytest.mark.parametrize("steps", [1, 2, 20, 150])
def test_discarding_keeps_the_number_of_steps(steps: int) -> None:
    sigmas, longer = levels("karras", steps, CLOCK, discard=True), karras(steps + 1, CLOCK)
    assert sigmas.tolist() == [*longer[:-2].tolist(), 0.0]
