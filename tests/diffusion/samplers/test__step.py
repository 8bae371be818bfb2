"""The two moves every sampler is made of."""

import math

import pytest
import torch

from underpaint.diffusion.samplers._step import (
    Churn,
    ancestral,
    churned,
    moved,
    renoised,
    strides,
)


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


@pytest.mark.parametrize(
    ("sigma", "raised"),
    [(0.05, 0.05), (0.1, 0.11), (1.0, 1.1), (5.0, 5.5), (5.1, 5.1)],
)
def test_churn_lifts_the_levels_inside_its_bounds(sigma: float, raised: float) -> None:
    churn = Churn(s_churn=2.0, s_tmin=0.1, s_tmax=5.0)
    assert churn.raised(sigma, 20) == pytest.approx(raised)


def test_churn_lifts_by_no_more_than_the_root_of_two() -> None:
    assert Churn(s_churn=1e9).raised(3.0, 20) == pytest.approx(3 * math.sqrt(2))
    assert Churn().raised(3.0, 20) == 3.0


def test_churned_x_has_the_noise_of_the_higher_level() -> None:
    x, fresh = torch.zeros(1, 2), torch.ones(1, 2)
    lifted = churned(x, lambda _a, _b: fresh, Churn(s_noise=0.5), sigma=3.0, sigma_hat=5.0)
    assert lifted.tolist() == [[2.0, 2.0]]
    assert churned(x, None, Churn(), sigma=3.0, sigma_hat=3.0) is x
