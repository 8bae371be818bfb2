"""Noise: per image, reproducible, of the right law."""

import pytest
import torch

from underpaint.diffusion._philox import Philox
from underpaint.diffusion.noise import (
    NoiseKind,
    NoiseSource,
    Stream,
    Variation,
    slerp,
    source,
    starting,
)

SHAPE = (4, 8, 9)
SIGMAS = torch.tensor([14.6, 3.0, 0.5, 0.03, 0.0], dtype=torch.float64)


def made(kind: NoiseKind, seeds: list[int], shape: tuple[int, ...] = SHAPE) -> NoiseSource:
    noise = source(kind, seeds, shape, SIGMAS)
    assert noise is not None
    return noise


def test_the_start_is_torchs_own_stream() -> None:
    """So AUTOMATIC1111's "CPU" noise is this noise."""
    expected = torch.randn(SHAPE, generator=torch.Generator().manual_seed(42))
    assert torch.equal(starting([42], SHAPE)[0], expected)


def test_an_image_starts_alike_in_any_batch() -> None:
    batch = starting([5, 6, 7], SHAPE)
    for index, seed in enumerate([5, 6, 7]):
        assert torch.equal(batch[index], starting([seed], SHAPE)[0])


def test_gaussian_noise_goes_on_where_the_start_ended() -> None:
    generator = torch.Generator().manual_seed(42)
    torch.randn(SHAPE, generator=generator)
    noise = made("gaussian", [42])
    for _ in range(3):
        assert torch.equal(noise(2.0, 1.0)[0], torch.randn(SHAPE, generator=generator))


@pytest.mark.parametrize("kind", ["gaussian", "brownian"])
def test_noise_of_an_image_is_alike_in_any_batch(kind: NoiseKind) -> None:
    together, alone = made(kind, [5, 6, 7]), made(kind, [6])
    for sigma, sigma_next in ((14.6, 3.0), (3.0, 0.5)):
        assert torch.equal(together(sigma, sigma_next)[1], alone(sigma, sigma_next)[0])


@pytest.mark.parametrize("kind", ["gaussian", "brownian"])
def test_noise_is_unit_normal_and_new_each_time(kind: NoiseKind) -> None:
    noise = made(kind, [1, 2], (64, 64))
    first, second = noise(14.6, 3.0), noise(3.0, 0.5)
    for drawn in (first, second):
        assert drawn.std() == pytest.approx(1, abs=0.03)
        assert drawn.mean() == pytest.approx(0, abs=0.04)
    assert abs(float((first * second).mean())) < 0.04


def test_brownian_noise_does_not_depend_on_the_order_of_questions() -> None:
    intervals = [(14.6, 6.6), (14.6, 3.0), (3.0, 1.2), (3.0, 0.5)]
    forward, backward = made("brownian", [3]), made("brownian", [3])
    asked = [forward(*interval) for interval in intervals]
    back = [backward(*interval) for interval in reversed(intervals)]
    for one, other in zip(asked, reversed(back), strict=True):
        assert torch.equal(one, other)


def test_brownian_intervals_add_up() -> None:
    noise = made("brownian", [3])
    length = torch.tensor([14.6 - 3.0, 3.0 - 0.5]).double()
    parts = noise(14.6, 3.0) * length[0].sqrt() + noise(3.0, 0.5) * length[1].sqrt()
    torch.testing.assert_close(noise(14.6, 0.5) * length.sum().sqrt(), parts)


def test_a_sampler_without_noise_gets_no_source() -> None:
    assert source(None, [1], SHAPE, SIGMAS) is None


def test_no_variation_is_the_seed_itself() -> None:
    plain = starting([1, 2], SHAPE)
    assert torch.equal(starting([1, 2], SHAPE, variation=Variation([8, 9], 0.0)), plain)
    whole = starting([1, 2], SHAPE, variation=Variation([8, 9], 1.0))
    assert torch.equal(whole, starting([8, 9], SHAPE))


def test_variation_turns_and_does_not_shrink() -> None:
    shape = (4, 64, 64)
    start, end = starting([1], shape), starting([2], shape)
    halfway = starting([1], shape, variation=Variation([2], 0.5))
    assert halfway.std() == pytest.approx(1, abs=0.02)
    near = starting([1], shape, variation=Variation([2], 0.1))
    assert (near - start).norm() < (halfway - start).norm() < (end - start).norm()


def test_variation_is_alike_in_any_batch() -> None:
    batch = starting([1, 2], SHAPE, variation=Variation([8, 9], 0.3))
    alone = starting([2], SHAPE, variation=Variation([9], 0.3))
    assert torch.equal(batch[1:], alone)


def test_slerp_of_a_noise_with_itself_stays() -> None:
    noise = starting([1], SHAPE)[0]
    torch.testing.assert_close(slerp(noise, noise.clone(), 0.4), noise)
    assert torch.isfinite(slerp(noise, -noise, 0.4)).all()


def test_each_column_turns_by_its_own_angle() -> None:
    """As AUTOMATIC1111 does: norms and angles are taken down the second axis."""
    start, end = starting([1], (3, 8, 5))[0].double(), starting([2], (3, 8, 5))[0].double()
    one, other = (each / each.norm(dim=1, keepdim=True) for each in (start, end))
    angle = (one * other).sum(1).acos()
    before, after = ((share * angle).sin() / angle.sin() for share in (0.7, 0.3))
    expected = before[:, None] * start + after[:, None] * end
    torch.testing.assert_close(slerp(start, end, 0.3), expected)


def test_a_single_axis_is_a_column() -> None:
    start, end = starting([1], (64,))[0], starting([2], (64,))[0]
    assert slerp(start, end, 0.5).norm() == pytest.approx(float(start.norm()), rel=0.1)


def test_a_cards_noise_comes_from_its_generator() -> None:
    card = Philox(42)
    assert torch.equal(starting([42], SHAPE, stream=Stream("nv"))[0], card.draw(SHAPE))
    noise = source("gaussian", [42], SHAPE, SIGMAS, stream=Stream("nv"))
    assert noise is not None
    assert torch.equal(noise(2.0, 1.0)[0], card.draw(SHAPE))
    assert torch.equal(noise(1.0, 0.5)[0], card.draw(SHAPE))


def test_without_a_card_the_devices_noise_is_the_cpus() -> None:
    assert torch.equal(starting([4], SHAPE, stream=Stream("gpu")), starting([4], SHAPE))


@pytest.mark.gpu
def test_the_devices_noise_is_drawn_there() -> None:
    theirs = starting([4], SHAPE, stream=Stream("gpu"), device="cuda")
    assert theirs.device.type == "cuda"
    torch.testing.assert_close(theirs.cpu(), starting([4], SHAPE, stream=Stream("nv")))


@pytest.mark.parametrize("seed", [42, 2**32 - 1])
def test_a_seed_delta_starts_the_noise_on_the_way_anew(seed: int) -> None:
    noise = source("gaussian", [seed], SHAPE, SIGMAS, stream=Stream(delta=31337))
    assert noise is not None
    assert torch.equal(noise(2.0, 1.0), starting([(seed + 31337) % 2**32], SHAPE))


@pytest.mark.parametrize("kind", ["gaussian", "brownian"])
def test_images_may_ask_for_intervals_of_their_own(kind: NoiseKind) -> None:
    """One that stays where it is draws nothing, so what it draws next is what it would have."""
    together = made(kind, [5, 6])
    first = together(torch.tensor([14.6, 3.0], dtype=torch.float64), torch.tensor([3.0, 3.0]))
    second = together(torch.tensor([3.0, 3.0]), torch.tensor([0.5, 1.0]))
    one, other = made(kind, [5]), made(kind, [6])
    assert torch.equal(first[0], one(14.6, 3.0)[0])
    assert torch.equal(second[0], one(3.0, 0.5)[0])
    assert torch.equal(first[1], torch.zeros(SHAPE))
    assert torch.equal(second[1], other(3.0, 1.0)[0])


def test_another_sizes_noise_lies_in_the_middle() -> None:
    small, large = starting([3], (4, 6, 5)), starting([3], (4, 10, 8))
    grown = starting([3], (4, 10, 8), resized_from=(4, 6, 5))
    assert torch.equal(grown[:, :, 2:8, 1:6], small)
    assert torch.equal(grown[:, :, :2], large[:, :, :2])
    cut = starting([3], (4, 6, 5), resized_from=(4, 10, 8))
    assert torch.equal(cut[..., :4], large[:, :, 2:8, 2:6])
    wide = starting([3], (4, 6, 8), resized_from=(4, 10, 4))
    assert torch.equal(wide[:, :, :, 2:6], starting([3], (4, 10, 4))[:, :, 2:8])


def test_another_sizes_noise_is_varied_before_it_is_laid() -> None:
    varied = Variation([9], 0.4)
    grown = starting([3], (4, 10, 8), resized_from=(4, 6, 4), variation=varied)
    assert torch.equal(grown[:, :, 2:8, 2:6], starting([3], (4, 6, 4), variation=varied))
