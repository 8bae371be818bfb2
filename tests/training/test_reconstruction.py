"""The autoencoder's lesson: each of its terms, and the scale it ends with."""

from collections.abc import Callable

import numpy
import pytest
import torch

from underpaint.networks.vae import Autoencoder
from underpaint.requests.train import TrainRequest
from underpaint.training.architecture import architecture
from underpaint.training.dataset import Pictures
from underpaint.training.order import generator
from underpaint.training.reconstruction import Reconstruction, divergence, edges, mirrored


def noise(count: int) -> Pictures:
    pixels = numpy.random.default_rng(0).integers(0, 256, (count, 16, 16, 3), numpy.uint8)
    return Pictures(pixels, ((),) * count, "noise")


@pytest.fixture
def lesson(ask: Callable[..., TrainRequest]) -> Reconstruction:
    networks = architecture(ask("autoencoder"), channels=3)
    return Reconstruction(networks, noise(20), flip=True)


def test_edges_are_blind_to_brightness_but_not_to_lines() -> None:
    assert edges(torch.full((1, 3, 16, 16), 0.7)) == 0
    line = torch.zeros(1, 3, 16, 16)
    line[..., 8] = 1
    assert edges(line) > 0


def test_edges_see_coarse_errors_too() -> None:
    half = torch.zeros(1, 1, 16, 16)
    half[..., 8:] = 1
    # One step in 15, 7 and 3 neighbours of a row; none down the columns.
    assert edges(half).item() == pytest.approx((1 / 15 + 1 / 7 + 1 / 3) / 3)


def test_the_divergence_of_a_unit_normal_is_nothing() -> None:
    assert divergence(torch.zeros(2, 4), torch.zeros(2, 4)) == 0
    assert divergence(torch.full((2, 4), 2.0), torch.zeros(2, 4)).item() == pytest.approx(2.0)
    assert divergence(torch.zeros(1), torch.full((1,), -4.0)) > 0


def test_about_half_are_mirrored() -> None:
    pixels = torch.arange(4.0).expand(1000, 3, 2, 4)
    turned = (mirrored(pixels, generator(0, "test", 0))[:, 0, 0, 0] == 3).float().mean()
    assert turned.item() == pytest.approx(0.5, abs=0.06)


def test_the_loss_has_gradients_for_all_of_it(lesson: Reconstruction) -> None:
    lesson.loss(torch.arange(4), generator(0, "test", 0)).backward()
    assert all(weight.grad is not None for weight in lesson.vae.parameters())


def test_the_scale_makes_latents_of_unit_spread(lesson: Reconstruction) -> None:
    means = lesson.vae.encode(lesson.pictures.batch(torch.arange(20)))[0]
    assert lesson.latent_scale() * means.std().item() == pytest.approx(1.0, rel=0.01)


def test_the_sheet_shows_pictures_above_their_images(lesson: Reconstruction) -> None:
    sheet = lesson.picture().array()
    assert sheet.shape == (2 * 16 + 2, 8 * 18 - 2, 3)
    first = lesson.pictures.pixels[0]  # pyright: ignore[reportAttributeAccessIssue]
    assert (sheet[:16, :16] == first).all()
    assert isinstance(lesson.networks["vae"], Autoencoder)
