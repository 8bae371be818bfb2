"""Trap: strength 0, one step or one level must not end in an empty walk or a division by zero."""

import pytest
import torch
from torch import Tensor

from underpaint import catalog
from underpaint.diffusion.forward import Clock, betas
from underpaint.diffusion.noise import source, starting
from underpaint.diffusion.samplers._step import Step
from underpaint.diffusion.sigmas import SCHEDULES, truncated

CLOCK = Clock.from_betas(betas("scaled_linear"))
SHAPE = (4, 8, 8)
PACKAGE = "underpaint.diffusion.samplers"


def repainted(sampler: str, schedule: str, steps: int, strength: float) -> tuple[Tensor, Step]:
    """Return a given latent, and the last step of repainting it with a denoiser that knows it."""
    module = catalog.entry(PACKAGE, sampler)
    given = starting([1], SHAPE)
    sigmas = truncated(SCHEDULES[schedule](steps, CLOCK), strength)
    noise = source(module.NOISE, [0], SHAPE, sigmas)
    x = given + starting([0], SHAPE) * sigmas[0]
    *_, last = module.sample(lambda _x, _sigma: given, x, sigmas, noise)
    return given, last


@pytest.mark.parametrize("sampler", catalog.ids(PACKAGE))
@pytest.mark.parametrize(("steps", "strength"), [(1, 0.0), (1, 1.0), (20, 0.0), (20, 1.0)])
def test_every_sampler_walks_it(sampler: str, steps: int, strength: float) -> None:
    given, last = repainted(sampler, "karras", steps, strength)
    if sampler == "lms":  # which sums up rounded slopes, all the same
        torch.testing.assert_close(last.x, given, rtol=0, atol=1e-5)
    else:
        assert torch.equal(last.x, given)
    assert last.index == (0 if strength == 0 else steps - 1)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_strength_zero_adds_next_to_no_noise(schedule: str) -> None:
    sigmas = truncated(SCHEDULES[schedule](20, CLOCK), 0.0)
    assert len(sigmas) == 2
    assert 0 < sigmas[0] < 0.5
