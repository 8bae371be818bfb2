"""DDIM CFG++ against its paper's algorithm, written out."""

from itertools import pairwise

import pytest
import torch
from torch import Tensor

from underpaint.diffusion.guidance import guided, plus
from underpaint.diffusion.noise import Level
from underpaint.diffusion.samplers import ddim_cfgpp
from underpaint.diffusion.samplers._step import ancestral


def estimates(x: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
    return torch.tanh(x / (1 + sigma)), torch.sin(x) / (2 + sigma)


def fixed(sigma: Level, sigma_next: Level) -> Tensor:
    return torch.cos(torch.arange(24, dtype=torch.float64) + 7 * sigma + 3 * sigma_next)[None]


@pytest.mark.parametrize("eta", [0.0, 0.6])
@pytest.mark.parametrize("scale", [1.0, 7.0])
def test_the_noise_put_back_is_the_negative_estimates(
    levels: Tensor, eta: float, scale: float
) -> None:
    """Algorithm 2, eq. for x_(t-1), divided by sqrt(alpha_bar): the guided estimate, lambda."""
    x = start = torch.linspace(-20, 20, 24, dtype=torch.float64)[None]
    for sigma, sigma_next in pairwise(levels):
        positive, negative = estimates(x, sigma)
        noise = (x - negative) / sigma
        down, up = ancestral(float(sigma), float(sigma_next), eta)
        x = negative + scale / 12.5 * (positive - negative) + down * noise
        x = x + up * fixed(float(sigma), float(sigma_next))

    denoise = guided(estimates, plus(scale, levels, eta=eta))
    *_, last = ddim_cfgpp.sample(denoise, start, levels, fixed, eta=eta)
    torch.testing.assert_close(last.x, x, rtol=0, atol=1e-12)


def test_it_asks_for_that_guidance() -> None:
    assert ddim_cfgpp.GUIDANCE == "plus"
