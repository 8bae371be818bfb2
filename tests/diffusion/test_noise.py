"""Noise: per image, reproducible, of the right law."""

import pytest
import torch

from underpaint.diffusion.noise import NoiseKind, NoiseSource, slerp, source, starting

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
    length = torch.tensor([14.6 / 3.0, 3.0 / 0.5]).double().log()
    parts = noise(14.6, 3.0) * length[0].sqrt() + noise(3.0, 0.5) * length[1].sqrt()
    torch.testing.assert_close(noise(14.6, 0.5) * length.sum().sqrt(), parts)


def test_a_sampler_without_noise_gets_no_source() -> None:
    assert source(None, [1], SHAPE, SIGMAS) is None


def test_no_variation_is_the_seed_itself() -> None:
    plain = starting([1, 2], SHAPE)
    assert torch.equal(starting([1, 2], SHAPE, variation_seeds=[8, 9]), plain)
    whole = starting([1, 2], SHAPE, variation_seeds=[8, 9], variation_strength=1.0)
    assert torch.equal(whole, starting([8, 9], SHAPE))


def test_variation_turns_and_does_not_shrink() -> None:
    shape = (4, 64, 64)
    start, end = starting([1], shape), starting([2], shape)
    halfway = starting([1], shape, variation_seeds=[2], variation_strength=0.5)
    assert halfway.std() == pytest.approx(1, abs=0.02)
    near = starting([1], shape, variation_seeds=[2], variation_strength=0.1)
    assert (near - start).norm() < (halfway - start).norm() < (end - start).norm()


def test_variation_is_alike_in_any_batch() -> None:
    batch = starting([1, 2], SHAPE, variation_seeds=[8, 9], variation_strength=0.3)
    alone = starting([2], SHAPE, variation_seeds=[9], variation_strength=0.3)
    assert torch.equal(batch[1:], alone)


def test_slerp_of_a_noise_with_itself_stays() -> None:
    noise = starting([1], SHAPE)[0]
    torch.testing.assert_close(slerp(noise, noise.clone(), 0.4), noise)
    assert torch.isfinite(slerp(noise, -noise, 0.4)).all()
