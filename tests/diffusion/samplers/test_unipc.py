"""UniPC against diffusers, whose latents are ours times sqrt(alpha_bar)."""

import pytest
import torch
from diffusers.schedulers.scheduling_unipc_multistep import UniPCMultistepScheduler
from torch import Tensor

from underpaint.diffusion.forward import Clock, betas
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers import unipc
from underpaint.diffusion.sigmas import karras

CLOCK = Clock.from_betas(betas("scaled_linear"))


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("steps", [1, 2, 3, 4, 20])
def test_it_ends_where_diffusers_does(curved: Denoiser, steps: int) -> None:
    theirs = UniPCMultistepScheduler(
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.012,
        prediction_type="sample",
        solver_order=3,
        solver_type="bh1",
        final_sigmas_type="zero",
    )
    levels = karras(steps, CLOCK)
    theirs.set_timesteps(steps)
    theirs.sigmas = levels
    start = torch.linspace(-20, 20, 24, dtype=torch.float64).reshape(1, 3, 8)
    walked = list(unipc.sample(curved, start, levels))

    latent = start / (1 + levels[0] ** 2).sqrt()
    for timestep, sigma, step in zip(theirs.timesteps, levels, walked, strict=False):
        denoised = curved(latent * (1 + sigma**2).sqrt(), sigma)
        torch.testing.assert_close(step.denoised, denoised, rtol=0, atol=1e-9)
        latent = theirs.step(denoised, timestep, latent)[0]  # at 0 their bh1 has 0 * inf


def test_it_corrects_where_it_stands_by_the_estimate_there() -> None:
    """The next step starts from a better x than the one yielded before."""
    x = torch.full((1, 1), 8.0, dtype=torch.float64)
    asked: list[float] = []

    def denoise(x: Tensor, sigma: Tensor) -> Tensor:
        asked.append(float(x))
        return x * 0.25 / (0.25 + sigma**2)

    walked = list(unipc.sample(denoise, x, torch.tensor([8.0, 2.0, 0.5, 0.1])))
    assert asked[1:] == [float(step.x) for step in walked[:-1]]
