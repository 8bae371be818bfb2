"""Trap: dividing a difference of near equals by a small sigma makes a rounding error large."""

from itertools import pairwise

import torch

from underpaint.diffusion.forward import Clock, betas, noised, zero_terminal
from underpaint.diffusion.prediction import PREDICTIONS
from underpaint.diffusion.samplers._step import moved

SIGMA = torch.tensor(0.03, dtype=torch.float64)


def pair() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(1, 4, 64, 64, generator=generator), torch.randn(
        1, 4, 64, 64, generator=generator
    )


def test_the_closed_target_is_exact_where_the_solved_one_is_not() -> None:
    x0, noise = pair()
    solved = (noised(x0, SIGMA, noise) - x0) / SIGMA
    closed = PREDICTIONS["eps"].target(x0, noise, SIGMA)
    assert torch.equal(closed, noise)
    assert (solved - noise).abs().max() > 1e-6


def test_the_step_to_zero_is_exact_where_the_textbooks_is_not() -> None:
    x0, noise = pair()
    x = noised(x0, SIGMA, noise)
    textbook = x + (x - x0) / SIGMA * (0 - SIGMA)
    assert not torch.equal(textbook, x0)
    assert torch.equal(moved(x, x0, 0.0), x0)


def test_float32_stands_the_levels_of_zero_terminal_noise() -> None:
    """From sigma 4096 down to 0.03 a known picture comes back to float32's own precision."""
    x0, noise = pair()
    levels = Clock.from_betas(zero_terminal(betas("scaled_linear"))).sigmas.flip(0)[::20]
    x = noised(x0, levels[0], noise)
    for sigma, sigma_next in pairwise(levels):
        x = moved(x, x0, float(sigma_next / sigma))
    torch.testing.assert_close(x, noised(x0, levels[-1], noise), rtol=0, atol=2e-6)


def test_the_eps_denoiser_magnifies_no_more_than_its_level() -> None:
    """An error of the network counts sigma-fold, so the low levels forgive most."""
    x0, noise = pair()
    clock = Clock.from_betas(betas("scaled_linear"))
    denoise = PREDICTIONS["eps"].denoiser(lambda _x, _timestep: noise + 1e-3, clock)
    for level in (0.03, 1.0, 14.0):
        sigma = torch.tensor(level, dtype=torch.float64)
        error = (denoise(noised(x0, sigma, noise), sigma) - x0).abs().max()
        assert error < 1.1e-3 * level + 1e-5
