"""ControlNets from files: the published ones' keys, both ways of naming them, and what is none."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.models.controlnets.controlnet import ControlNetModel

from tests.golden.make_keys import Sizes, down, layer, residual, transformer
from underpaint.errors import WeightsError
from underpaint.families import _sizes
from underpaint.networks.controlnet import ControlNet, ControlNetParams
from underpaint.networks.unet import UNetParams
from underpaint.weights import checkpoint, controlnet
from underpaint.weights._lazy import Promise
from underpaint.weights.layouts import CONTROLNET, named_as_folder, named_as_single
from underpaint.weights.rename import hollow

XL = Sizes(multipliers=(1, 2, 4), depths=(0, 2, 10), middle=10, context=2048, linear=True,
           labels=2816)  # fmt: skip
SIZES = {
    "sd15": Sizes(),
    "sd21": Sizes(context=1024, linear=True),
    "sdxl": XL,
}
XL_BLOCKS = ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D")
CONFIGS: Mapping[str, Mapping[str, Any]] = {
    "sd15": {"cross_attention_dim": 768},
    "sd21": {
        "cross_attention_dim": 1024,
        "attention_head_dim": (5, 10, 20, 20),
        "use_linear_projection": True,
    },
    "sdxl": {
        "block_out_channels": (320, 640, 1280),
        "down_block_types": XL_BLOCKS,
        "cross_attention_dim": 2048,
        "attention_head_dim": (5, 10, 20),
        "transformer_layers_per_block": (1, 2, 10),
        "use_linear_projection": True,
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 256,
        "projection_class_embeddings_input_dim": 2816,
    },
}
COUNTS = {"sd15": 340, "sd21": 340, "sdxl": 844}
Shapes = dict[str, tuple[int, ...]]


def published(sizes: Sizes) -> Shapes:
    """Return the tensors of the authors' files, written down without a line of ours."""
    found: list[tuple[str, list[int]]] = []
    embedding, kept = 4 * sizes.channels, [sizes.channels]
    found += layer("time_embed.0", embedding, sizes.channels)
    found += layer("time_embed.2", embedding, embedding)
    if sizes.labels:
        found += layer("label_emb.0.0", embedding, sizes.labels)
        found += layer("label_emb.0.2", embedding, embedding)
    found += layer("input_blocks.0.0", sizes.channels, 4, 3, 3)
    found += down(sizes, kept)
    width = kept[-1]
    found += residual("middle_block.0", width, width, embedding)
    found += transformer("middle_block.1", width, sizes.middle, sizes)
    found += residual("middle_block.2", width, width, embedding)
    reading = (3, 16, 16, 32, 32, 96, 96, 256, sizes.channels)
    for place in range(8):
        found += layer(f"input_hint_block.{2 * place}", reading[place + 1], reading[place], 3, 3)
    for place, each in enumerate(kept):
        found += layer(f"zero_convs.{place}.0", each, each, 1, 1)
    found += layer("middle_block_out.0", width, width, 1, 1)
    return {name: tuple(shape) for name, shape in found}


def theirs(model: str) -> Shapes:
    network = hollow(lambda: ControlNetModel(**CONFIGS[model]))
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


def promised(shapes: Shapes) -> dict[str, Promise]:
    return {
        name: Promise(torch.float32, shape, lambda shape=shape: torch.empty(shape, device="meta"))
        for name, shape in shapes.items()
    }


def shapes(found: Mapping[str, Promise]) -> Shapes:
    assert all(tuple(each.make().shape) == each.shape for each in found.values())
    return {name: each.shape for name, each in found.items()}


@pytest.mark.parametrize("model", SIZES)
def test_the_published_keys_are_our_networks(model: str) -> None:
    real = published(SIZES[model])
    assert len(real) == COUNTS[model]
    params = _sizes.controlnet(real, None, model)
    own = hollow(lambda: ControlNet(params)).state_dict()
    assert {name: tuple(tensor.shape) for name, tensor in own.items()} == real


@pytest.mark.parametrize("model", SIZES)
def test_both_ways_of_naming_become_each_other(model: str) -> None:
    real, folder = published(SIZES[model]), theirs(model)
    assert shapes(named_as_single(CONTROLNET, promised(folder), model)) == real
    assert shapes(named_as_folder(CONTROLNET, promised(real), model)) == folder


SMALL = ControlNetParams(
    unet=UNetParams(channels=16, multipliers=(1, 2), blocks=1, attention=(0, 1), context_width=8),
    hint_widths=(4, 8),
)


@pytest.fixture(scope="module")
def tensors() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return dict(ControlNet(SMALL).state_dict())


def check_equal(path: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    found = controlnet.read(path).tensors
    assert set(found) == set(tensors)
    assert all(torch.equal(found[name], tensors[name]) for name in tensors)


def test_reads_the_authors_files_whole_and_cut(
    tmp_path: Path, tensors: dict[str, torch.Tensor]
) -> None:
    named = {f"control_model.{name}": tensor for name, tensor in tensors.items()}
    led = {"model.diffusion_model.out.2.bias": torch.ones(4)}
    for number, written in enumerate((tensors, named, named | led)):
        path = tmp_path / f"{number}.safetensors"
        checkpoint.save(path, written, {})
        check_equal(path, tensors)
    torch.save({"state_dict": named | led}, tmp_path / "control_sd15_scribble.pth")
    check_equal(tmp_path / "control_sd15_scribble.pth", tensors)


def test_reads_diffusers_files_and_folders(
    tmp_path: Path, tensors: dict[str, torch.Tensor]
) -> None:
    own = named_as_folder(CONTROLNET, {n: Promise.of(t) for n, t in tensors.items()}, "it")
    assert "controlnet_cond_embedding.blocks.1.weight" in own
    path = tmp_path / "diffusion_pytorch_model.safetensors"
    checkpoint.save(path, {name: each.make() for name, each in own.items()}, {})
    check_equal(path, tensors)
    check_equal(tmp_path, tensors)


def test_what_is_no_controlnet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lora.safetensors"
    checkpoint.save(path, {"lora_unet_x.lora_up.weight": torch.ones(1, 1)}, {})
    with pytest.raises(WeightsError, match=r"'lora.safetensors' holds no ControlNet; it must"):
        controlnet.read(path)
