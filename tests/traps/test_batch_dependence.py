"""Trap: a float32 sum rounds by its order, so by how a batch is split among threads."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from underpaint.diffusion.forward import Clock, betas
from underpaint.diffusion.guidance import guided
from underpaint.diffusion.noise import Variation, source, starting
from underpaint.diffusion.prediction import PREDICTIONS
from underpaint.diffusion.samplers import dpmpp_sde
from underpaint.diffusion.sigmas import karras

CLOCK = Clock.from_betas(betas("scaled_linear"))
SHAPE = (3, 5, 7)  # 105 elements: no image but the first starts on a vector's boundary


@pytest.fixture
def threads() -> Iterator[None]:
    """Give the number of threads back."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def painted(seeds: list[int], shape: tuple[int, ...] = SHAPE) -> Tensor:
    """Paint with everything at once: v prediction, guidance, rescale, variation, Brownian noise."""
    negative = PREDICTIONS["v"].denoiser(lambda x, t: x / (1 + x * x) * (t[0] / 1000), CLOCK)
    positive = PREDICTIONS["v"].denoiser(lambda x, _t: x / (2 + x * x), CLOCK)
    denoise = guided(lambda x, s: (positive(x, s), negative(x, s)), 7.0, rescale=0.7)

    sigmas = karras(6, CLOCK)
    variation = [seed + 1000 for seed in seeds]
    start = starting(seeds, shape, variation=Variation(variation, 0.2))
    noise = source("brownian", seeds, shape, sigmas)
    *_, last = dpmpp_sde.sample(denoise, start * sigmas[0], sigmas, noise)
    return last.x


def test_a_picture_is_the_same_alone_and_in_company() -> None:
    together = painted([10, 11, 12, 13])
    for index, seed in enumerate([10, 11, 12, 13]):
        assert torch.equal(painted([seed])[0], together[index])


def test_a_picture_is_the_same_in_any_place() -> None:
    assert torch.equal(painted([10, 11, 12]).flip(0), painted([12, 11, 10]))


@pytest.mark.usefixtures("threads")
def test_a_picture_is_the_same_with_any_number_of_threads() -> None:
    """At 65,536 elements, torch splits sums and products among its threads."""
    pictures: list[Tensor] = []
    for count in (1, 2, 3):
        torch.set_num_threads(count)
        pictures.append(painted([10], (4, 128, 128)))
    assert torch.equal(pictures[0], pictures[1])
    assert torch.equal(pictures[0], pictures[2])
