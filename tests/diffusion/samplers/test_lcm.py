"""LCM: right for consistency models, whose estimate is the end of x's own path."""

import math

import torch
from diffusers.schedulers.scheduling_lcm import LCMScheduler
from torch import Tensor

from underpaint.diffusion.forward import Clock
from underpaint.diffusion.noise import Level
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers import lcm


def test_it_ends_where_diffusers_does(curved: Denoiser) -> None:
    theirs = LCMScheduler(
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.012,
        prediction_type="sample",
        clip_sample=False,
        timestep_scaling=1e9,  # a consistency model's own boundary, which our denoiser contains
    )
    theirs.alphas_cumprod = theirs.alphas_cumprod.double()
    theirs.set_timesteps(4)
    clock = Clock((1 / theirs.alphas_cumprod - 1).sqrt())
    levels = torch.cat((clock.sigma(theirs.timesteps), torch.zeros(1)))
    start = torch.linspace(-20, 20, 24, dtype=torch.float64).reshape(1, 3, 8)

    given = torch.Generator().manual_seed(3)
    drawn = torch.Generator().manual_seed(3)
    *_, ours = lcm.sample(
        curved,
        start,
        levels,
        lambda _a, _b: torch.randn(1, 3, 8, generator=drawn, dtype=torch.float64),
    )

    latent = start / (1 + levels[0] ** 2).sqrt()
    for timestep, sigma in zip(theirs.timesteps, levels, strict=False):
        denoised = curved(latent * (1 + sigma**2).sqrt(), sigma)
        latent = theirs.step(denoised, int(timestep), latent, generator=given)[0]
    torch.testing.assert_close(ours.x, latent, rtol=0, atol=1e-5)


def test_an_exact_consistency_model_is_sampled_exactly() -> None:
    """Of normal data of spread s it is x s / sqrt(s^2 + sigma^2); any levels give spread s."""
    spread = 0.5
    levels = torch.tensor([14.6, 4.0, 1.0, 0.2, 0.0], dtype=torch.float64)
    calls = iter(range(1, 4))

    def consistent(x: Tensor, sigma: Tensor) -> Tensor:
        return x * (spread / (spread**2 + sigma**2).sqrt())

    def noise(_sigma: Level, _sigma_next: Level) -> Tensor:
        impulse = torch.zeros(4, 1, dtype=torch.float64)
        impulse[next(calls)] = 1
        return impulse

    x = torch.zeros(4, 1, dtype=torch.float64)
    x[0] = math.hypot(spread, 14.6)
    *_, last = lcm.sample(consistent, x, levels, noise)
    torch.testing.assert_close(last.x.norm(), torch.tensor(spread, dtype=torch.float64))
