"""The forward process against its papers, and the clock against itself."""

from typing import Literal

import pytest
import torch
from diffusers.schedulers.scheduling_ddpm import DDPMScheduler

from underpaint.diffusion.forward import (
    BetaSchedule,
    Clock,
    FlowClock,
    betas,
    noised,
    per_image,
    zero_terminal,
)

DIFFUSERS_NAMES: dict[BetaSchedule, Literal["linear", "scaled_linear", "squaredcos_cap_v2"]] = {
    "linear": "linear",
    "scaled_linear": "scaled_linear",
    "cosine": "squaredcos_cap_v2",
}


@pytest.fixture
def clock() -> Clock:
    return Clock.from_betas(betas("scaled_linear"))


@pytest.mark.parametrize("kind", DIFFUSERS_NAMES)
def test_the_levels_are_those_of_diffusers(kind: BetaSchedule) -> None:
    theirs = DDPMScheduler(
        beta_schedule=DIFFUSERS_NAMES[kind], beta_start=0.00085, beta_end=0.012
    ).alphas_cumprod.double()
    ours = 1 / (1 + Clock.from_betas(betas(kind)).sigmas ** 2)
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-7)


def test_the_levels_of_stable_diffusion_are_the_known_ones(clock: Clock) -> None:
    assert clock.sigma_min == pytest.approx(0.0291672, abs=1e-6)
    assert clock.sigma_max == pytest.approx(14.614642, abs=1e-4)


@pytest.mark.parametrize("kind", DIFFUSERS_NAMES)
@pytest.mark.parametrize("steps", [2, 10, 1000])
def test_levels_rise(kind: BetaSchedule, steps: int) -> None:
    added = betas(kind, steps)
    assert added.shape == (steps,)
    assert added.dtype == torch.float64
    assert ((added > 0) & (added < 1)).all()
    assert (Clock.from_betas(added).sigmas.diff() > 0).all()


@pytest.mark.parametrize("kind", DIFFUSERS_NAMES)
def test_zero_terminal_ends_in_pure_noise_and_keeps_the_start(kind: BetaSchedule) -> None:
    before, after = betas(kind), zero_terminal(betas(kind))
    assert after[-1] == 1
    assert after[0] == pytest.approx(float(before[0]), rel=1e-9)

    clock = Clock.from_betas(after)
    assert clock.sigma_max == pytest.approx(4096, rel=1e-6)
    assert (clock.sigmas.diff() > 0).all()


def test_a_clock_knows_whether_anything_is_left_at_its_end(clock: Clock) -> None:
    assert Clock.from_betas(zero_terminal(betas("scaled_linear"))).is_zero_terminal
    assert not clock.is_zero_terminal
    assert not FlowClock.shifted().is_zero_terminal


def test_sigma_and_timestep_are_inverses(clock: Clock) -> None:
    timestep = torch.rand(64, dtype=torch.float64) * 999
    torch.testing.assert_close(clock.timestep(clock.sigma(timestep)), timestep, rtol=0, atol=1e-8)


def test_trained_levels_have_whole_timesteps(clock: Clock) -> None:
    whole = torch.arange(1000, dtype=torch.float64)
    assert torch.equal(clock.timestep(clock.sigmas), whole)
    torch.testing.assert_close(clock.sigma(whole), clock.sigmas, rtol=1e-14, atol=0)


def test_levels_outside_the_trained_ones_stay_at_the_ends(clock: Clock) -> None:
    assert clock.timestep(torch.tensor([0.0, 1e-9, 1e9])).tolist() == [0, 0, 999]
    assert clock.sigma(torch.tensor([-3.0, 5000.0])).tolist() == pytest.approx(
        [clock.sigma_min, clock.sigma_max]
    )


def test_a_clock_keeps_shapes_and_answers_in_float64(clock: Clock) -> None:
    assert clock.timestep(torch.tensor(1.0)).shape == ()
    assert clock.sigma(torch.zeros(2, 3, dtype=torch.int64)).shape == (2, 3)
    assert clock.timestep(torch.tensor(1.0)).dtype == torch.float64


def test_a_flow_clock_is_exact_and_invertible() -> None:
    clock = FlowClock.shifted()
    time = torch.linspace(0.01, 0.99, 33, dtype=torch.float64)
    torch.testing.assert_close(clock.timestep(time / (1 - time)), 1000 * time)
    torch.testing.assert_close(clock.sigma(1000 * time), time / (1 - time))


def test_shift_multiplies_every_flow_level() -> None:
    plain, shifted = FlowClock.shifted().sigmas, FlowClock.shifted(3.0).sigmas
    torch.testing.assert_close(shifted, 3 * plain)
    time, moved = plain / (1 + plain), shifted / (1 + shifted)
    torch.testing.assert_close(moved, 3 * time / (1 + 2 * time))  # Esser et al. 2024, eq. 23


def test_noised_takes_one_level_or_one_per_image() -> None:
    x0, noise = torch.randn(2, 3, 4, 5), torch.randn(2, 3, 4, 5)
    both = noised(x0, torch.tensor([0.5, 2.0], dtype=torch.float64), noise)
    assert both.dtype == torch.float32
    torch.testing.assert_close(both[0], noised(x0, torch.tensor(0.5), noise)[0])
    torch.testing.assert_close(both[1], x0[1] + 2 * noise[1])


@pytest.mark.parametrize("shape", [(2, 4), (2, 4, 8), (2, 4, 8, 8), (2, 4, 3, 8, 8)])
def test_per_image_is_shape_blind(shape: tuple[int, ...]) -> None:
    level = per_image(torch.tensor([1.0, 2.0]), torch.zeros(shape))
    assert level.shape == (2, *(1 for _ in shape[1:]))
