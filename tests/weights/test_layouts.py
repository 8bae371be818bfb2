"""Both layouts of the published checkpoints, key by key and shape by shape."""

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from diffusers.loaders.single_file_utils import (
    convert_ldm_unet_checkpoint,
    convert_ldm_vae_checkpoint,
)

from tests.golden import make_keys
from underpaint.errors import WeightsError
from underpaint.weights._lazy import Promise
from underpaint.weights.layouts import (
    AUTOENCODER,
    PARTS,
    TEXT_1,
    TEXT_2,
    TEXT_XL_2,
    UNET,
    Part,
    named_as_folder,
    named_as_single,
)

MODELS = ["sd15", "sd15-inpainting", "sd21", "sdxl", "sdxl-refiner"]
COUNTS = {
    "sd15": (1143, 1130),
    "sd15-inpainting": (1143, 1130),
    "sd21": (1240, 1306),
    "sdxl": (2515, 2641),
    "sdxl-refiner": (1858, 1985),
}

Shapes = Mapping[str, tuple[int, ...]]


@pytest.fixture(scope="module")
def lists() -> dict[str, dict[str, dict[str, tuple[int, ...]]]]:
    return make_keys.read()


def promised(shapes: Shapes) -> dict[str, Promise]:
    return {
        name: Promise(torch.float32, shape, lambda shape=shape: torch.empty(shape, device="meta"))
        for name, shape in shapes.items()
    }


def parts(single: Shapes) -> list[Part]:
    return [part for part in PARTS if any(name.startswith(part.prefix) for name in single)]


def below(shapes: Shapes, prefix: str) -> dict[str, Promise]:
    found = {n.removeprefix(prefix): shapes[n] for n in shapes if n.startswith(prefix)}
    return promised(found)


def shapes_of(found: Mapping[str, Promise], prefix: str) -> dict[str, tuple[int, ...]]:
    """Return shapes by whole names, having seen that what is made has the shape promised."""
    assert all(tuple(each.make().shape) == each.shape for each in found.values())
    return {prefix + name: each.shape for name, each in found.items()}


@pytest.mark.parametrize("model", MODELS)
def test_the_lists_have_as_many_tensors_as_the_files(model: str, lists: Any) -> None:  # noqa: ANN401
    found = lists[model]
    assert (len(found["single"]), len(found["folder"])) == COUNTS[model]


@pytest.mark.parametrize("model", MODELS)
def test_the_list_of_a_single_file_is_what_diffusers_converts(
    model: str,
    lists: Any,  # noqa: ANN401
) -> None:
    """Their table, not ours, takes each U-Net and autoencoder from one list to the other."""
    single, folder = lists[model]["single"], lists[model]["folder"]
    whole = {name: torch.empty(shape, device="meta") for name, shape in single.items()}
    labels = {"addition_embed_type": "text_time"} if "xl" in model else {}
    converted = convert_ldm_unet_checkpoint(dict(whole), {"layers_per_block": 2, **labels})
    wanted = {name: shape for name, shape in folder.items() if name.startswith("unet/")}
    assert {f"unet/{name}": tuple(t.shape) for name, t in converted.items()} == wanted

    config = {"down_block_types": ["x"] * 4, "up_block_types": ["x"] * 4}
    converted = convert_ldm_vae_checkpoint(dict(whole), config)
    wanted = {name: shape for name, shape in folder.items() if name.startswith("vae/")}
    assert {f"vae/{name}": tuple(t.shape) for name, t in converted.items()} == wanted


@pytest.mark.parametrize("model", MODELS)
def test_a_single_file_becomes_a_folder_key_by_key(model: str, lists: Any) -> None:  # noqa: ANN401
    single, folder = lists[model]["single"], lists[model]["folder"]
    found: dict[str, tuple[int, ...]] = {}
    for part in parts(single):
        own = named_as_folder(part, below(single, part.prefix), model)
        found |= shapes_of(own, f"{part.folder}/")
    assert found == folder


@pytest.mark.parametrize("model", MODELS)
def test_a_folder_becomes_a_single_file_and_the_folder_again(
    model: str,
    lists: Any,  # noqa: ANN401
) -> None:
    single, folder = lists[model]["single"], lists[model]["folder"]
    found, again = dict[str, tuple[int, ...]](), dict[str, tuple[int, ...]]()
    for part in parts(single):
        own = named_as_single(part, below(folder, f"{part.folder}/"), model)
        found |= shapes_of(own, part.prefix)
        again |= shapes_of(named_as_folder(part, own, model), f"{part.folder}/")
    assert again == folder
    assert {name: single[name] for name in found} == found
    missing = single.keys() - found.keys()
    assert all(unneeded(name) for name in missing), missing


def unneeded(name: str) -> bool:
    """Whether a folder has no place for a tensor: nothing listens to it."""
    last = "cond_stage_model.model.transformer.resblocks.23."
    ends = ("position_ids", "logit_scale", "cond_stage_model.model.text_projection")
    return "." not in name or name.startswith(last) or name.endswith(ends)


def test_numbers_survive_both_ways() -> None:
    chance = torch.Generator().manual_seed(0)

    def drawn(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=chance)

    layer = "text_model.encoder.layers.0"
    own = {
        f"{layer}.self_attn.{each}_proj.{leaf}": drawn(*shape)
        for each in "qkv"
        for leaf, shape in (("weight", (6, 6)), ("bias", (6,)))
    }
    own |= {f"{layer}.layer_norm1.weight": drawn(6), "text_projection.weight": drawn(5, 6)}
    own["text_model.embeddings.position_embedding.weight"] = drawn(7, 6)
    single = named_as_single(TEXT_XL_2, {n: Promise.of(t) for n, t in own.items()}, "it")
    fused = single["transformer.resblocks.0.attn.in_proj_weight"]
    assert fused.shape == (18, 6)
    assert torch.equal(fused.make()[6:12], own[f"{layer}.self_attn.k_proj.weight"])
    assert torch.equal(single["text_projection"].make(), own["text_projection.weight"].T)
    back = named_as_folder(TEXT_XL_2, single, "it")
    assert back.keys() == own.keys()
    assert all(torch.equal(back[name].make(), own[name]) for name in own)


def test_the_attention_of_an_autoencoder_is_a_convolution_there_and_a_matrix_here() -> None:
    matrix = torch.randn(4, 4)
    for name in ("to_q", "query"):  # as diffusers calls it today, and as it did
        full = f"encoder.mid_block.attentions.0.{name}.weight"
        single = named_as_single(AUTOENCODER, {full: Promise.of(matrix)}, "it")
        assert list(single) == ["encoder.mid.attn_1.q.weight"]
        assert torch.equal(single["encoder.mid.attn_1.q.weight"].make(), matrix[:, :, None, None])
    back = named_as_folder(AUTOENCODER, single, "it")
    assert torch.equal(back["encoder.mid_block.attentions.0.to_q.weight"].make(), matrix)


def test_text_encoders_come_with_and_without_their_prefix() -> None:
    for prefix in ("", "text_model."):
        own = {f"{prefix}final_layer_norm.bias": Promise.of(torch.ones(2))}
        assert list(named_as_single(TEXT_1, own, "it")) == ["text_model.final_layer_norm.bias"]
        assert list(named_as_single(TEXT_2, own, "it")) == ["ln_final.bias"]
        assert list(named_as_folder(TEXT_1, own, "it")) == ["text_model.final_layer_norm.bias"]


def test_a_text_encoder_from_a_folder_keeps_all_its_layers() -> None:
    """A file made from a folder has 23 layers and no projection: none may be dropped again."""
    names = [f"text_model.encoder.layers.{n}.layer_norm1.weight" for n in range(3)]
    own = {name: Promise.of(torch.ones(2)) for name in names}
    assert len(named_as_folder(TEXT_2, named_as_single(TEXT_2, own, "it"), "it")) == 3


def test_what_no_table_knows_is_named() -> None:
    odd = {"input_blocks.0.0.weight": Promise.of(torch.ones(1)), "evil": Promise.of(torch.ones(1))}
    with pytest.raises(WeightsError, match="it has 'evil', for which diffusers has no name"):
        named_as_folder(UNET, odd, "it")
    assert "evil" in named_as_single(UNET, odd, "it")  # whoever binds it will say so
    part = {"text_model.encoder.layers.0.self_attn.q_proj.weight": Promise.of(torch.ones(1, 1))}
    part["text_model.encoder.layers.0.layer_norm1.weight"] = Promise.of(torch.ones(1))
    with pytest.raises(WeightsError, match="it lacks a projection beside"):
        named_as_single(TEXT_2, part, "it")
