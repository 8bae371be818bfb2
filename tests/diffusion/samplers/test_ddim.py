"""DDIM against diffusers, whose latents are ours times sqrt(alpha_bar)."""

from typing import Literal

import pytest
import torch
from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from torch import Tensor

from underpaint.diffusion.forward import Clock
from underpaint.diffusion.noise import Level, starting
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers import ddim, euler
from underpaint.diffusion.sigmas import SCHEDULES


def fixed(sigma: Level, sigma_next: Level) -> Tensor:
    """Noise that both sides can be given."""
    place = torch.arange(24, dtype=torch.float64).reshape(1, 3, 8)
    return torch.cos(place + 7 * sigma + 3 * sigma_next)


@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("prediction", ["sample", "epsilon"])
def test_it_ends_where_diffusers_does(
    curved: Denoiser, eta: float, prediction: Literal["sample", "epsilon"]
) -> None:
    theirs = DDIMScheduler(
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.012,
        prediction_type=prediction,
        clip_sample=False,
        steps_offset=1,
    )
    theirs.alphas_cumprod = theirs.alphas_cumprod.double()
    theirs.set_timesteps(20)
    clock = Clock((1 / theirs.alphas_cumprod - 1).sqrt())
    levels = SCHEDULES[ddim.SCHEDULE](20, clock)

    start = starting([1], (3, 8), dtype=torch.float64) * (1 + levels[0] ** 2).sqrt()
    *_, ours = ddim.sample(curved, start, levels, fixed, eta=eta)

    latent = start / (1 + levels[0] ** 2).sqrt()
    for timestep, sigma, after in zip(theirs.timesteps, levels, levels[1:], strict=False):
        x = latent * (1 + sigma**2).sqrt()
        answer = curved(x, sigma)
        if prediction == "epsilon":
            answer = (x - answer) / sigma
        noise = fixed(float(sigma), float(after)) if eta > 0 else None
        latent = theirs.step(answer, int(timestep), latent, eta=eta, variance_noise=noise)[0]
    torch.testing.assert_close(ours.x, latent, rtol=0, atol=1e-5)


def test_by_default_it_is_euler(curved: Denoiser, levels: Tensor) -> None:
    x = starting([1], (4, 5)) * levels[0]
    *_, ours = ddim.sample(curved, x, levels)
    *_, theirs = euler.sample(curved, x, levels)
    torch.testing.assert_close(ours.x, theirs.x)
