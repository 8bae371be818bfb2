"""PLMS against diffusers, whose latents are ours times sqrt(alpha_bar)."""

from typing import cast

import pytest
import torch
from diffusers.schedulers.scheduling_pndm import PNDMScheduler
from torch import Tensor

from underpaint.diffusion.forward import Clock
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers import euler, plms
from underpaint.diffusion.sigmas import SCHEDULES


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("steps", [4, 20])
def test_it_ends_where_diffusers_does(curved: Denoiser, steps: int) -> None:
    """Down to the first trained level: from there we land on the estimate, they step past it."""
    theirs = PNDMScheduler(
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.012,
        skip_prk_steps=True,
        steps_offset=1,
    )
    theirs.alphas_cumprod = theirs.alphas_cumprod.double()
    theirs.final_alpha_cumprod = theirs.alphas_cumprod[0]
    theirs.set_timesteps(steps)
    clock = Clock((1 / theirs.alphas_cumprod - 1).sqrt())
    levels = SCHEDULES["ddim"](steps, clock)
    levels[-1] = clock.sigmas[0]

    start = torch.linspace(-20, 20, 24, dtype=torch.float64).reshape(1, 3, 8)
    *_, ours = plms.sample(curved, start, levels)

    latent = start / (1 + levels[0] ** 2).sqrt()
    for timestep in cast(Tensor, theirs.timesteps):
        sigma = clock.sigmas[int(timestep)]
        x = latent * (1 + sigma**2).sqrt()
        latent = theirs.step((x - curved(x, sigma)) / sigma, int(timestep), latent)[0]
    ended = latent * (1 + clock.sigmas[0] ** 2).sqrt()
    torch.testing.assert_close(ours.x, ended, rtol=0, atol=1e-10)


def test_a_constant_slope_is_followed_as_by_euler() -> None:
    def denoise(x: Tensor, sigma: Tensor) -> Tensor:
        return x - 3 * sigma

    x, levels = torch.full((1, 1), 8.0), torch.tensor([9.0, 5.0, 4.0, 2.0, 1.0, 0.5, 0.0])
    ours, theirs = list(plms.sample(denoise, x, levels)), list(euler.sample(denoise, x, levels))
    torch.testing.assert_close([step.x for step in ours], [step.x for step in theirs])
