"""Configurations are made from shapes as the published ones are, and read as remarks."""

from typing import Any

import pytest

from tests.golden import make_keys
from underpaint.errors import WeightsError
from underpaint.weights._configs import remarks, written
from underpaint.weights.layouts import PARTS

PUBLISHED: dict[str, dict[str, Any]] = {
    "sd15": {**make_keys.UNET_1, "attention_head_dim": 8, "in_channels": 4},
    "sd15-inpainting": {**make_keys.UNET_1, "attention_head_dim": 8, "in_channels": 9},
    "sd21": dict(make_keys.UNET_2),
    "sdxl": dict(make_keys.UNET_XL) | {"transformer_layers_per_block": [10, 2, 10]},
    "sdxl-refiner": dict(make_keys.UNET_REFINER) | {"transformer_layers_per_block": [4] * 4},
}
INDEXES = {
    "sd15": "StableDiffusionPipeline",
    "sd15-inpainting": "StableDiffusionPipeline",
    "sd21": "StableDiffusionPipeline",
    "sdxl": "StableDiffusionXLPipeline",
    "sdxl-refiner": "StableDiffusionXLImg2ImgPipeline",
}


def made(model: str, metadata: dict[str, str] | None = None) -> dict[str, Any]:
    lists = make_keys.read()[model]
    parts = {
        part: {
            name.partition("/")[2]: shape
            for name, shape in lists["folder"].items()
            if name.startswith(f"{part.folder}/")
        }
        for part in PARTS
        if any(name.startswith(part.prefix) for name in lists["single"])
    }
    return dict(written(parts, metadata or {}, model))


@pytest.mark.parametrize("model", PUBLISHED)
def test_the_configurations_are_the_published_ones(model: str) -> None:
    """A level that has no attention is given the depth of the middle, which nobody reads."""
    found = made(model)
    unet = found["unet/config.json"]
    assert {name: unet[name] for name in PUBLISHED[model]} == PUBLISHED[model]
    vae = found["vae/config.json"]
    assert {name: vae[name] for name in make_keys.VAE} == make_keys.VAE
    assert vae["scaling_factor"] == (0.13025 if "xl" in model else 0.18215)
    assert vae["norm_num_groups"] == 32
    assert found["model_index.json"]["_class_name"] == INDEXES[model]


def test_text_encoders_are_told_apart() -> None:
    large = made("sdxl")
    first, second = (large[f"text_encoder{n}/config.json"] for n in ("", "_2"))
    assert (first["hidden_act"], first["num_hidden_layers"]) == ("quick_gelu", 12)
    assert (second["hidden_act"], second["num_hidden_layers"]) == ("gelu", 32)
    assert (second["num_attention_heads"], second["projection_dim"]) == (20, 1280)
    assert second["architectures"] == ["CLIPTextModelWithProjection"]
    two = made("sd21")["text_encoder/config.json"]
    assert (two["hidden_act"], two["num_hidden_layers"]) == ("gelu", 23)


def test_remarks_survive_both_ways() -> None:
    told = {
        "underpaint.prediction": "v",
        "underpaint.betas": "linear 0.0001 0.02 zero_terminal",
        "underpaint.latent_scale": "0.5",
        "underpaint.network": '{"unet": {"heads": 4}, "text": {"heads": 3}}',
    }
    found = made("sd15", told)
    by_folder = {name.partition("/")[0]: config for name, config in found.items()}
    assert remarks(by_folder) == told
    usual = {name.partition("/")[0]: config for name, config in made("sd15").items()}
    assert "underpaint.network" not in remarks(usual)


@pytest.mark.parametrize(
    "configs",
    [
        {},
        {"scheduler": {"prediction_type": ["os", "system"], "beta_schedule": 3}},
        {"vae": {"scaling_factor": "1; import os"}},
        {"unet": {"attention_head_dim": [5, 10]}, "text_encoder": {"hidden_size": "x"}},
        {"unet": {"attention_head_dim": True}, "vae": {"scaling_factor": True}},
    ],
)
def test_what_configurations_say_wrongly_is_not_heeded(configs: dict[str, Any]) -> None:
    assert remarks(configs) == {}


def test_half_a_model_has_no_configuration() -> None:
    with pytest.raises(WeightsError, match="it is no whole Stable Diffusion"):
        written({PARTS[0]: {}}, {}, "it")
