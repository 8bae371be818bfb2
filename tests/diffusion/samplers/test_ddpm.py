"""DDPM against diffusers, whose latents are ours times sqrt(alpha_bar)."""

import torch
from diffusers.schedulers.scheduling_ddpm import DDPMScheduler
from torch import Tensor

from underpaint.diffusion.forward import Clock
from underpaint.diffusion.noise import source
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers import ddpm


def test_it_ends_where_diffusers_does(curved: Denoiser) -> None:
    theirs = DDPMScheduler(
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.012,
        prediction_type="sample",
        clip_sample=False,
    )
    theirs.alphas_cumprod = theirs.alphas_cumprod.double()
    theirs.set_timesteps(20)
    clock = Clock((1 / theirs.alphas_cumprod - 1).sqrt())
    levels = torch.cat((clock.sigma(theirs.timesteps), torch.zeros(1)))

    generator = torch.Generator().manual_seed(5)
    latent = torch.randn(1, 3, 8, generator=generator)  # drawn as float32, like ours
    ours = source("gaussian", [5], (3, 8), levels)
    *_, last = ddpm.sample(curved, latent.double() * (1 + levels[0] ** 2).sqrt(), levels, ours)

    latent = latent.double()
    for timestep, sigma in zip(theirs.timesteps, levels, strict=False):
        denoised = curved(latent * (1 + sigma**2).sqrt(), sigma)
        mean = _mean(theirs, denoised, int(timestep), latent)
        latent = mean
        if timestep > 0:
            variance = theirs._get_variance(int(timestep))
            noise = torch.randn(1, 3, 8, generator=generator)
            latent = mean + variance.sqrt() * noise
    torch.testing.assert_close(last.x, latent, rtol=0, atol=1e-5)


def _mean(theirs: DDPMScheduler, denoised: Tensor, timestep: int, latent: Tensor) -> Tensor:
    """Return diffusers' step less the noise it draws, by drawing that noise twice."""
    drawn = torch.Generator().manual_seed(0)
    step = theirs.step(denoised, timestep, latent, generator=drawn)[0]
    if timestep == 0:
        return step
    again = torch.randn(
        latent.shape, generator=torch.Generator().manual_seed(0), dtype=latent.dtype
    )
    return step - theirs._get_variance(timestep).sqrt() * again


def test_a_constant_estimate_keeps_the_square_of_the_ratio() -> None:
    quiet = lambda _a, _b: torch.zeros(1, 1)  # noqa: E731
    x0, x = torch.tensor([[1.0]]), torch.tensor([[9.0]])
    first, second = ddpm.sample(lambda _x, _s: x0, x, torch.tensor([4.0, 2.0, 0.0]), quiet)
    assert float(first.x) == 1 + 8 / 4
    assert float(second.x) == 1
