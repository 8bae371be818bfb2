"""Soft masks: hard where they are black, free where the noise has gone, sharp in between."""

import pytest
import torch
from torch import Tensor

from underpaint.diffusion.soft_inpainting import Softness, mixed, softly_masked

KNOWN = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
PAINTED = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(1))
SOFT = torch.linspace(0, 1, 8).reshape(1, 1, 1, 8).expand(1, 1, 8, 8)


def painted(x: Tensor, sigma: Tensor) -> Tensor:
    return PAINTED[: len(x)]


USUAL = Softness()


def estimate(sigma: float, softness: Softness = USUAL) -> Tensor:
    denoise = softly_masked(painted, KNOWN, SOFT, softness)
    return denoise(torch.zeros(2, 4, 8, 8), torch.tensor(sigma))


@pytest.mark.parametrize("sigma", [14.6, 1.0, 0.03, 0.0])
@pytest.mark.parametrize("softness", [Softness(), Softness(preservation=0.0), Softness(bias=0.0)])
def test_black_is_kept_and_white_is_painted_exactly(sigma: float, softness: Softness) -> None:
    found = estimate(sigma, softness)
    assert torch.equal(found[..., 0], KNOWN[..., 0].expand(2, 4, 8))
    assert torch.equal(found[..., 7], PAINTED[..., 7])


def test_not_even_what_is_no_number_gets_over_black() -> None:
    denoise = softly_masked(lambda x, _: x * torch.nan, KNOWN, SOFT, Softness())
    assert torch.equal(denoise(KNOWN, torch.tensor(1.0))[..., 0], KNOWN[..., 0])


def test_grey_lets_go_as_the_noise_falls() -> None:
    distances = [
        float((estimate(sigma)[..., 4] - PAINTED[..., 4]).norm()) for sigma in (10, 1, 0.1, 0)
    ]
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] < 1e-4
    assert float((estimate(50.0)[..., 4] - KNOWN[..., 4]).norm()) < 1e-3


def test_more_preservation_keeps_more() -> None:
    def kept(softness: Softness) -> float:
        return float((estimate(1.0, softness)[..., 4] - KNOWN[..., 4]).norm())

    assert kept(Softness(preservation=2.0)) < kept(Softness(preservation=0.1))


def test_the_power_of_a_level_is_its_bias() -> None:
    level = torch.tensor(3.0)
    twice = softly_masked(painted, KNOWN, SOFT, Softness(bias=2.0, preservation=1.0))
    once = softly_masked(painted, KNOWN, SOFT, Softness(bias=1.0, preservation=3.0))
    x = torch.zeros(2, 4, 8, 8)
    assert torch.equal(twice(x, level), once(x, level))


def test_lengths_are_power_means_and_directions_means() -> None:
    share = torch.full((1, 1, 8, 8), 0.25)
    found = mixed(KNOWN, PAINTED, share, 4.0)
    lengths = (KNOWN.norm(dim=1) ** 4 * 0.75 + PAINTED.norm(dim=1) ** 4 * 0.25) ** 0.25
    assert torch.allclose(found.norm(dim=1), lengths, rtol=1e-3)
    straight = KNOWN * 0.75 + PAINTED * 0.25
    assert torch.allclose(torch.cosine_similarity(found, straight), torch.ones(2, 8, 8))


def test_a_picture_knows_nothing_of_its_neighbours() -> None:
    denoise = softly_masked(painted, KNOWN, SOFT, Softness())
    both = denoise(torch.zeros(2, 4, 8, 8), torch.tensor([1.0, 3.0]))
    alone = denoise(torch.zeros(1, 4, 8, 8), torch.tensor([1.0]))
    assert torch.equal(both[:1], alone)
