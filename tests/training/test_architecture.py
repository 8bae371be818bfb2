"""Networks of the sizes asked for, the same from the same seed."""

from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from underpaint.errors import TrainingError, WeightsError
from underpaint.events import Event
from underpaint.networks.clip import ClipText
from underpaint.networks.unet import UNet, UNetParams
from underpaint.requests.train import Sizes, TrainRequest
from underpaint.training import architecture
from underpaint.training.architecture import begun, learning, sized, weights
from underpaint.training.events import Noted
from underpaint.weights.checkpoint import save
from underpaint.weights.packed import pack

TOKENS = "text_model.embeddings.token_embedding.weight"

Ask = Callable[..., TrainRequest]


def test_the_kind_says_which_networks(ask: Ask) -> None:
    built = {
        kind: set(architecture.architecture(ask(kind), channels=3))
        for kind in ("autoencoder", "pixels", "latents")
    }
    assert built == {"autoencoder": {"vae"}, "pixels": {"unet"}, "latents": {"unet", "text"}}


def test_widths_that_must_agree_do(ask: Ask) -> None:
    networks = architecture.architecture(ask("latents"), channels=5)
    unet, text = networks["unet"], networks["text"]
    assert isinstance(unet, UNet)
    assert isinstance(text, ClipText)
    assert (unet.params.in_channels, unet.params.out_channels) == (5, 5)
    assert unet.params.context_width == text.params.width == 8


def test_the_seed_makes_the_weights(ask: Ask) -> None:
    first, again, other = (
        weights(architecture.architecture(ask("latents", seed=seed), channels=4))
        for seed in (1, 1, 2)
    )
    assert all(torch.equal(value, again[name]) for name, value in first.items())
    assert any(not torch.equal(value, other[name]) for name, value in first.items())


def test_it_begins_by_saying_nothing(ask: Ask) -> None:
    unet = architecture.architecture(ask("pixels"), channels=3)["unet"]
    out = unet(torch.rand(2, 3, 16, 16), torch.tensor([3.0, 900.0]), torch.rand(2, 1, 32))
    assert not out.any()


def test_weights_are_named_as_in_stable_diffusion(ask: Ask) -> None:
    names = set(weights(architecture.architecture(ask("latents"), channels=4)))
    assert "model.diffusion_model.input_blocks.0.0.weight" in names
    assert f"cond_stage_model.transformer.{TOKENS}" in names
    first_stage = weights(architecture.architecture(ask("autoencoder"), channels=3))
    assert "first_stage_model.decoder.conv_out.bias" in first_stage


def test_a_frozen_text_encoder_does_not_learn(ask: Ask) -> None:
    frozen = ask("latents")
    free = replace(frozen, network=Sizes({**frozen.network, "freeze_text": False}))
    listens = [
        name
        for name in learning(architecture.architecture(free, channels=4))
        if "cond_stage" in name
    ]
    assert f"cond_stage_model.transformer.{TOKENS}" in listens
    assert not set(listens) & set(learning(architecture.architecture(frozen, channels=4)))


@pytest.mark.parametrize(("kind", "pixels", "multiple"), [("autoencoder", 1, 4), ("pixels", 8, 16)])
def test_pictures_must_halve(ask: Ask, kind: str, pixels: int, multiple: int) -> None:
    networks = architecture.architecture(ask(kind), channels=3)
    architecture.check_size(3 * multiple, networks, pixels=pixels)
    words = f"size is {multiple + 2}; for these networks it must be a multiple of {multiple}"
    with pytest.raises(TrainingError, match=words):
        architecture.check_size(multiple + 2, networks, pixels=pixels)


def test_a_size_that_is_not_there_is_named() -> None:
    with pytest.raises(TrainingError, match="no size 'chanels' in UNetParams; there are: in_ch"):
        sized(UNetParams, {"chanels": 3})


def started(walk: Generator[Event, None, None]) -> list[str]:
    return [event.what for event in walk if isinstance(event, Noted)]


def test_weights_to_start_from_go_where_they_fit(ask: Ask, tmp_path: Path) -> None:
    networks = architecture.architecture(ask("latents"), channels=4)
    table = f"cond_stage_model.transformer.{TOKENS}"
    bias = "model.diffusion_model.out.2.bias"
    given = {table: torch.rand(49_408, 8), bias: torch.rand(99), "other": torch.rand(2)}
    save(tmp_path / "start.safetensors", pack(given), {})
    before = weights(networks)[bias].clone()
    words = started(begun(networks, tmp_path / "start.safetensors"))
    assert words[0].startswith("started 1 of ")
    assert torch.allclose(weights(networks)[table], given[table], atol=5e-3)
    assert torch.equal(weights(networks)[bias], before)


def test_a_start_that_fits_nowhere_is_refused(ask: Ask, tmp_path: Path) -> None:
    networks = architecture.architecture(ask("pixels"), channels=3)
    save(tmp_path / "start.safetensors", {"other": torch.rand(2)}, {})
    with pytest.raises(TrainingError, match=r"nothing in .* fits these networks"):
        started(begun(networks, tmp_path / "start.safetensors"))
    with pytest.raises(WeightsError):
        started(begun(networks, tmp_path / "absent.safetensors"))
