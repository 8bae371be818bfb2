"""DPM++ 2M SDE against k-diffusion, diffusers and the sampler it extends."""

from collections.abc import Callable
from types import ModuleType

import pytest
import torch
from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler
from torch import Tensor

from underpaint.diffusion.noise import Level
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers import dpmpp_2m, dpmpp_2m_sde


def test_it_ends_where_k_diffusion_does(
    assert_like_k_diffusion: Callable[[ModuleType], None],
) -> None:
    assert_like_k_diffusion(dpmpp_2m_sde)


def test_without_noise_it_is_dpmpp_2m(curved: Denoiser, levels: Tensor) -> None:
    x = torch.linspace(-20, 20, 24, dtype=torch.float64).reshape(1, 3, 8)
    *_, ours = dpmpp_2m_sde.sample(curved, x, levels, eta=0.0)
    *_, theirs = dpmpp_2m.sample(curved, x, levels)
    torch.testing.assert_close(ours.x, theirs.x)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_it_ends_where_diffusers_does(curved: Denoiser) -> None:
    theirs = DPMSolverMultistepScheduler(
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.012,
        prediction_type="sample",
        algorithm_type="sde-dpmsolver++",
        use_exponential_sigmas=True,
        final_sigmas_type="zero",
        euler_at_final=True,
    )
    theirs.set_timesteps(20)
    theirs.sigmas = levels = theirs.sigmas.double()
    start = torch.linspace(-20, 20, 24, dtype=torch.float64).reshape(1, 3, 8)

    def noise(sigma: Level, _sigma_next: Level) -> Tensor:
        return torch.cos(torch.arange(24, dtype=torch.float64) + 7 * sigma).reshape(1, 3, 8)

    *_, ours = dpmpp_2m_sde.sample(curved, start, levels, noise)

    latent = start / (1 + levels[0] ** 2).sqrt()
    for timestep, sigma in zip(theirs.timesteps, levels, strict=False):
        denoised = curved(latent * (1 + sigma**2).sqrt(), sigma)
        drawn = noise(float(sigma), 0.0)
        latent = theirs.step(denoised, timestep, latent, variance_noise=drawn)[0].double()
    torch.testing.assert_close(ours.x, latent, rtol=0, atol=1e-5)
