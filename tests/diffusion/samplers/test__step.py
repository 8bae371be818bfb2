"""The two moves every sampler is made of."""

import math

import pytest
import torch

from underpaint.diffusion.samplers._step import ancestral, moved, renoised, strides


def test_strides_pair_neighbouring_levels() -> None:
    walked = list(strides(torch.tensor([2.0, 1.0, 0.0])))
    assert [(index, sigma, after) for index, _, sigma, after in walked] == [(0, 2, 1), (1, 1, 0)]
    assert all(level.dtype == torch.float64 for _, level, _, _ in walked)


def test_moved_is_exact_at_both_ends() -> None:
    generator = torch.Generator().manual_seed(0)
    x, denoised = (torch.randn(2, 99, generator=generator) * 10**power for power in (3, -3))
    assert torch.equal(moved(x, denoised, 0.0), denoised)
    torch.testing.assert_close(moved(x, denoised, 1.0), x)


def test_moved_shrinks_the_noise_alone() -> None:
    x0, noise = torch.randn(2, 8, dtype=torch.float64)
    torch.testing.assert_close(moved(x0 + 3 * noise, x0, 0.5), x0 + 1.5 * noise)


@pytest.mark.parametrize("eta", [0.0, 0.3, 1.0, 5.0])
@pytest.mark.parametrize("sigma_next", [0.0, 1e-3, 1.0, 1.999])
def test_ancestral_keeps_the_variance(eta: float, sigma_next: float) -> None:
    down, up = ancestral(2.0, sigma_next, eta)
    assert down >= 0
    assert math.hypot(down, up) == pytest.approx(sigma_next)


def test_ancestral_at_eta_one_is_the_posterior() -> None:
    down, up = ancestral(3.0, 1.2, 1.0)
    assert down == pytest.approx(1.2**2 / 3)
    assert up == pytest.approx(1.2 * math.sqrt(1 - 0.16))


def test_nothing_is_drawn_for_no_noise() -> None:
    x = torch.ones(1, 2)
    assert renoised(x, None, 0.0, sigma=2.0, sigma_next=1.0) is x


def test_noise_is_missed_loudly() -> None:
    with pytest.raises(AssertionError, match="noise source"):
        renoised(torch.ones(1, 2), None, 0.5, sigma=2.0, sigma_next=1.0)


def test_noise_is_added_in_the_dtype_of_x() -> None:
    x = torch.zeros(1, 2, dtype=torch.float64)
    out = renoised(x, lambda _a, _b: torch.ones(1, 2), 0.5, sigma=2.0, sigma_next=1.0)
    assert out.dtype == torch.float64
    assert out.tolist() == [[0.5, 0.5]]
