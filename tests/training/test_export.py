"""The file at the end is a Stable Diffusion checkpoint that the studio itself can load."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from underpaint.errors import WeightsError
from underpaint.families import sd1
from underpaint.requests.train import TrainRequest
from underpaint.training.architecture import architecture, learning, weights
from underpaint.training.checkpoint import Checkpoint
from underpaint.training.export import export
from underpaint.weights.checkpoint import read

Ask = Callable[..., TrainRequest]


def made(request: TrainRequest, channels: int = 4, scale: float = 1.0) -> Path:
    networks = architecture(request, channels=channels)
    mean = {name: torch.full_like(weight, 0.01) for name, weight in learning(networks).items()}
    learnt = Checkpoint(weights(networks), mean, {}, {"step": 9}, request.to_json())
    Path(request.out).mkdir()
    return export(request, networks, learnt, latent_scale=scale)


def test_the_studio_loads_what_training_made(ask: Ask, autoencoder: Path) -> None:
    path = made(ask("latents", prediction="x0", betas="linear"))
    found = read(path)
    assert sd1.matches(found.shapes)
    model = sd1.build(found)
    assert model.prediction.name == "x0"
    assert model.native == 16
    assert model.latent_shape(16, 16) == (4, 4, 4)
    positive = model.encode_text("box", clip_skip=1)
    assert positive.tokens.shape[-1] == 8
    first_stage = read(autoencoder)
    for name, tensor in first_stage.tensors.items():
        assert torch.equal(found.tensors[name], tensor)
    scale = "underpaint.latent_scale"
    assert found.metadata[scale] == first_stage.metadata[scale]


def test_sizes_that_shapes_do_not_tell_are_written(ask: Ask) -> None:
    sizes = json.loads(read(made(ask("latents"))).metadata["underpaint.network"])
    assert sizes["unet"]["heads"] == sizes["text"]["heads"] == 2


def test_the_mean_is_what_is_kept_where_there_is_one(ask: Ask) -> None:
    tensors = read(made(ask("latents"))).tensors
    assert (tensors["model.diffusion_model.out.2.weight"] == 0.01).all()
    table = "cond_stage_model.transformer.text_model.embeddings.token_embedding.weight"
    assert not (tensors[table] == 0.01).any()


def test_an_autoencoder_tells_its_scale(ask: Ask) -> None:
    found = read(made(ask("autoencoder"), scale=0.37))
    assert found.metadata["underpaint.latent_scale"] == "0.37"
    assert all(name.startswith("first_stage_model.") for name in found.tensors)


def test_the_name_is_the_recipe_and_stays_in_the_folder(ask: Ask) -> None:
    path = made(ask("pixels", recipe="../../outside"), channels=3)
    assert path.name == "outside.safetensors"
    assert path.parent.name == "run"


def test_an_autoencoder_that_is_gone_is_said(ask: Ask) -> None:
    with pytest.raises(WeightsError, match="gone"):
        made(ask("latents", autoencoder="gone.safetensors"))
