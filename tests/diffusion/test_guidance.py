"""Guidance: an identity at scale 1, a line beyond it, and the same for an image in any batch."""

import pytest
import torch
from torch import Tensor

from underpaint.diffusion.guidance import Estimates, guided, plus, rescaled

SIGMA = torch.tensor(2.0, dtype=torch.float64)


@pytest.fixture
def x() -> Tensor:
    return torch.randn(3, 4, 5, 7, generator=torch.Generator().manual_seed(0))


def estimates(x: Tensor, _sigma: Tensor) -> tuple[Tensor, Tensor]:
    return x * 0.9 + 0.2, x * 0.5 - 0.1


def test_scale_one_is_the_positive_estimate(x: Tensor) -> None:
    for rescale in (0.0, 0.7):
        assert torch.equal(
            guided(estimates, 1.0, rescale=rescale)(x, SIGMA), estimates(x, SIGMA)[0]
        )


def test_scale_zero_is_the_negative_estimate(x: Tensor) -> None:
    torch.testing.assert_close(guided(estimates, 0.0)(x, SIGMA), estimates(x, SIGMA)[1])


def test_guidance_goes_on_along_the_line(x: Tensor) -> None:
    positive, negative = estimates(x, SIGMA)
    expected = 7 * positive - 6 * negative
    torch.testing.assert_close(guided(estimates, 7.0)(x, SIGMA), expected)


def test_a_positive_estimate_alone_is_the_answer(x: Tensor) -> None:
    alone: Estimates = lambda x, sigma: (estimates(x, sigma)[0],)  # noqa: E731
    assert torch.equal(guided(alone, 7.0)(x, SIGMA), estimates(x, SIGMA)[0])


def test_the_network_is_asked_once(x: Tensor) -> None:
    calls: list[float] = []

    def counted(x: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
        calls.append(float(sigma))
        return estimates(x, sigma)

    guided(counted, 7.0, rescale=0.5)(x, SIGMA)
    assert calls == [2.0]


@pytest.mark.parametrize(
    ("interval", "inside"),
    [((0.3, 5.0), True), ((2.0, 2.0), True), ((0.0, 1.9), False), ((2.1, 9.0), False)],
)
def test_outside_the_interval_there_is_no_guidance(
    x: Tensor, interval: tuple[float, float], inside: bool
) -> None:
    answer = guided(estimates, 7.0, interval=interval)(x, SIGMA)
    expected = guided(estimates, 7.0 if inside else 1.0)(x, SIGMA)
    assert torch.equal(answer, expected)


def test_rescale_gives_each_image_its_spread_back(x: Tensor) -> None:
    positive = estimates(x, SIGMA)[0]
    full = guided(estimates, 9.0, rescale=1.0)(x, SIGMA)
    torch.testing.assert_close(full.flatten(1).std(1), positive.flatten(1).std(1))


def test_rescale_is_the_papers_mix(x: Tensor) -> None:
    """Lin et al. 2023, eq. 15 and 16."""
    positive, mixed = estimates(x, SIGMA)[0], guided(estimates, 9.0)(x, SIGMA)
    spreads = [each.flatten(1).std(1, keepdim=True)[..., None, None] for each in (positive, mixed)]
    expected = 0.7 * (mixed * spreads[0] / spreads[1]) + 0.3 * mixed
    torch.testing.assert_close(rescaled(mixed, positive, 0.7), expected)


def test_rescale_of_a_flat_estimate_is_finite() -> None:
    flat = torch.ones(1, 4, 2, 2)
    assert torch.equal(rescaled(flat, flat * 2, 0.7), flat)


def test_rescaled_images_do_not_depend_on_their_batch(x: Tensor) -> None:
    denoise = guided(estimates, 7.5, rescale=0.7)
    together = denoise(x, SIGMA)
    for index in range(len(x)):
        assert torch.equal(together[index], denoise(x[index : index + 1], SIGMA)[0])


def test_the_interval_is_heeded_image_by_image(x: Tensor) -> None:
    levels = torch.tensor([0.5, 2.0, 8.0], dtype=torch.float64)
    answer = guided(estimates, 7.0, interval=(1.0, 3.0))(x, levels)
    for index, scale in enumerate((1.0, 7.0, 1.0)):
        assert torch.equal(answer[index], guided(estimates, scale)(x, SIGMA)[index])


def test_a_scale_may_be_another_at_each_level(x: Tensor) -> None:
    denoise = guided(estimates, lambda sigma: 3 * sigma)
    assert torch.equal(denoise(x, SIGMA), guided(estimates, 6.0)(x, SIGMA))


def test_the_scales_of_cfg_plus_plus_grow_as_steps_shrink() -> None:
    scale = plus(12.5, torch.tensor([8.0, 4.0, 3.0, 0.0]))
    assert [scale(sigma) for sigma in (8.0, 4.0, 3.0)] == pytest.approx([2.0, 4.0, 1.0])


def test_cfg_plus_plus_heeds_where_an_ancestral_step_lands() -> None:
    levels = torch.tensor([8.0, 4.0, 0.0])
    assert plus(12.5, levels, eta=1.0)(8.0) == pytest.approx(1 / (1 - 2 / 8))
