"""The settings of the next model: whole requests that fit each other, and fit in 28 MB."""

from dataclasses import replace

import pytest
import torch

from underpaint.diffusion.forward import Clock
from underpaint.networks.unet import UNet
from underpaint.networks.vae import Autoencoder
from underpaint.requests.train import TrainRequest
from underpaint.training.architecture import architecture, check_size
from underpaint.training.lessons import clock
from underpaint.training.recipes import _next

ALL = {
    "autoencoder": _next.autoencoder(),
    "denoiser": _next.denoiser(),
    "four steps": _next.four_steps(),
}


@pytest.mark.parametrize("name", ALL)
def test_each_is_a_full_request_on_either_budget(name: str) -> None:
    request = ALL[name]
    assert TrainRequest.from_json(request.to_json()) == request
    faster = replace(request, **_next.GPU[name])
    assert faster.batch > request.batch
    assert faster.minutes is not None
    assert faster.network == request.network


def test_half_an_hour_is_half_an_hour() -> None:
    assert sum(settings["minutes"] for settings in _next.GPU.values()) <= 30


def test_they_use_what_the_one_before_made() -> None:
    first, second, third = ALL.values()
    assert second.autoencoder == f"{first.out}/{first.recipe}.safetensors"
    assert third.teacher == f"{second.out}/{second.recipe}.safetensors"
    assert third.autoencoder == second.autoencoder
    for field in ("network", "prediction", "betas", "zero_terminal", "size", "data"):
        assert getattr(third, field) == getattr(second, field)


def test_the_last_level_is_noise_only() -> None:
    levels = clock(_next.denoiser())
    assert isinstance(levels, Clock)
    assert levels.is_zero_terminal


def test_everything_fits_in_28_megabytes() -> None:
    """A byte a weight, rank 96 for the table of words, and 4 MB left for the four steps."""
    with torch.device("meta"):
        stage = architecture(_next.autoencoder(), channels=3)["vae"]
        networks = architecture(_next.denoiser(), channels=12)
    sizes = {name: sum(w.numel() for w in net.parameters()) for name, net in networks.items()}
    table = 49_408 * _next.WIDTH
    bytes_ = sizes["unet"] + sizes["text"] - table + 49_408 * 98 + 96 * _next.WIDTH * 2
    bytes_ += sum(weight.numel() for weight in stage.parameters())
    assert bytes_ * 1.02 < 24.5e6


def test_pictures_are_latents_of_16_by_16() -> None:
    with torch.device("meta"):
        stage = architecture(_next.autoencoder(), channels=3)["vae"]
        unet = architecture(_next.denoiser(), channels=12)["unet"]
        assert isinstance(stage, Autoencoder)
        assert isinstance(unet, UNet)
        mean, _ = stage.encode(torch.zeros(1, 3, _next.SIZE, _next.SIZE))
        assert mean.shape == (1, 12, 16, 16)
        assert stage.decode(mean).shape == (1, 3, 512, 512)
    check_size(_next.SIZE, {"unet": unet}, pixels=stage.params.factor)
