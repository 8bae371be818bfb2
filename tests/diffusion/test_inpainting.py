"""Inpainting: what is known comes out as it went in."""

import pytest
import torch
from torch import Tensor

from underpaint.diffusion.inpainting import blend, masked

SIGMA = torch.tensor(2.0, dtype=torch.float64)


@pytest.fixture
def known() -> Tensor:
    return torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))


def test_the_mask_chooses(known: Tensor) -> None:
    mask = torch.zeros(1, 1, 4, 4)
    mask[..., 2:] = 1
    estimate = masked(lambda x, _sigma: x * 0.3, known, mask)(known + 1, SIGMA)
    assert torch.equal(estimate[..., :2], known[..., :2])
    assert torch.equal(estimate[..., 2:], (known[..., 2:] + 1) * 0.3)


def test_a_grey_mask_blends(known: Tensor) -> None:
    painted = torch.zeros_like(known)
    torch.testing.assert_close(blend(known, painted, torch.tensor(0.25)), known * 0.75)


def test_a_mask_for_each_image(known: Tensor) -> None:
    mask = torch.tensor([0.0, 1.0]).reshape(2, 1, 1, 1)
    estimate = masked(lambda x, _sigma: x, known, mask)(known + 1, SIGMA)
    assert torch.equal(estimate, torch.stack([known[0], known[1] + 1]))


def test_one_known_latent_for_the_whole_batch(known: Tensor) -> None:
    estimate = masked(lambda x, _sigma: x, known[:1], torch.zeros(1, 1, 4, 4))(known, SIGMA)
    assert torch.equal(estimate, known[:1].expand(2, -1, -1, -1))


def test_nothing_of_a_broken_estimate_gets_through(known: Tensor) -> None:
    assert torch.equal(blend(known, torch.full_like(known, torch.nan), torch.tensor(0.0)), known)


def test_the_estimate_has_the_dtype_of_x(known: Tensor) -> None:
    estimate = masked(lambda x, _sigma: x, known, torch.zeros(1, 1, 4, 4))(known.double(), SIGMA)
    assert estimate.dtype == torch.float64
