"""DPM++ 2M against k-diffusion and diffusers."""

from collections.abc import Callable
from types import ModuleType

import pytest
import torch
from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler
from torch import Tensor

from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers import dpmpp_2m, euler


def test_it_ends_where_k_diffusion_does(
    assert_like_k_diffusion: Callable[[ModuleType], None],
) -> None:
    assert_like_k_diffusion(dpmpp_2m)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_it_ends_where_diffusers_does(curved: Denoiser) -> None:
    theirs = DPMSolverMultistepScheduler(
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.012,
        prediction_type="sample",
        use_karras_sigmas=True,
        final_sigmas_type="zero",
        euler_at_final=True,
    )
    theirs.set_timesteps(20)
    theirs.sigmas = levels = theirs.sigmas.double()
    start = torch.linspace(-20, 20, 24, dtype=torch.float64).reshape(1, 3, 8)
    *_, ours = dpmpp_2m.sample(curved, start, levels)

    latent = start / (1 + levels[0] ** 2).sqrt()
    for timestep, sigma in zip(theirs.timesteps, levels, strict=False):
        denoised = curved(latent * (1 + sigma**2).sqrt(), sigma)
        latent = theirs.step(denoised, timestep, latent)[0]
    torch.testing.assert_close(ours.x, latent, rtol=0, atol=1e-5)


def test_its_first_and_last_steps_are_eulers(curved: Denoiser, levels: Tensor) -> None:
    x = torch.full((1, 3), 20.0)
    ours, theirs = (list(each.sample(curved, x, levels)) for each in (dpmpp_2m, euler))
    assert torch.equal(ours[0].x, theirs[0].x)
    assert torch.equal(ours[-1].x, ours[-1].denoised)


def test_an_estimate_linear_in_log_sigma_is_followed_to_second_order() -> None:
    """Its path is known: the estimate at s is s, so x(s) = s - 1 + (x0 - s0 + 1) e^(s0 - s)."""

    def error(steps: int) -> float:
        times = torch.linspace(0, 1, steps + 1, dtype=torch.float64)
        x = torch.tensor([[5.0]], dtype=torch.float64)
        *_, last = dpmpp_2m.sample(lambda _x, sigma: -sigma.log().reshape(1, 1), x, (-times).exp())
        return abs(float(last.x) - 6 * float(torch.tensor(-1.0).exp()))

    assert error(20) / error(40) > 3.9
