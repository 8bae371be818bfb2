"""Sizes are found in names and shapes alone, for every network that our classes can make."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from torch import nn

from underpaint.errors import WeightsError
from underpaint.families import _sizes
from underpaint.networks.clip import ClipText, ClipTextParams
from underpaint.networks.controlnet import ControlNet, ControlNetParams
from underpaint.networks.open_clip import OpenClipText, OpenClipTextParams
from underpaint.networks.unet import UNet, UNetParams
from underpaint.networks.vae import Autoencoder, AutoencoderParams
from underpaint.weights.rename import hollow

Shapes = dict[str, tuple[int, ...]]

UNETS = [
    UNetParams(),
    UNetParams(in_channels=8, out_channels=8, channels=64, multipliers=(1, 2, 3),
               attention=(0, 1, 1), blocks=1, context_width=256, pooled_width=256),
    UNetParams(channels=16, multipliers=(1,), attention=(1,), blocks=3, context_width=8),
    UNetParams(channels=32, multipliers=(2, 1, 4), attention=(3, 0, 1), middle_depth=3),
    UNetParams(in_channels=9, channels=64, multipliers=(1, 1), attention=(0, 0), middle_depth=2),
    UNetParams(head_width=64, linear=True, context_width=1024),
    UNetParams(multipliers=(1, 2, 4), attention=(0, 2, 10), middle_depth=10, head_width=64,
               linear=True, context_width=2048, pooled_width=2816),
    UNetParams(channels=64, multipliers=(1, 2), attention=(1, 0), guidance_width=256),
]  # fmt: skip
AUTOENCODERS = [
    AutoencoderParams(),
    AutoencoderParams(channels=32, multipliers=(1, 2, 3, 4), blocks=1, latent_channels=8, patch=2),
    AutoencoderParams(channels=8, multipliers=(1,), blocks=3, latent_channels=16, patch=4),
]
TEXTS = [
    ClipTextParams(),
    ClipTextParams(context_length=32, width=256, layers=2, heads=4),
    ClipTextParams(context_length=3, width=32, layers=1, heads=1),
]


OPEN_TEXTS = [
    OpenClipTextParams(),
    OpenClipTextParams(width=1280, layers=32, heads=20, projection=1280),
    OpenClipTextParams(context_length=8, width=32, layers=1, heads=1, projection=None),
    OpenClipTextParams(width=64, layers=2, heads=1, projection=48),
]


def shapes(network: nn.Module) -> Shapes:
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


@pytest.mark.parametrize("params", UNETS)
def test_unet(params: UNetParams) -> None:
    assert _sizes.unet(shapes(hollow(lambda: UNet(params))), None, "it") == params


@pytest.mark.parametrize("params", AUTOENCODERS)
def test_autoencoder(params: AutoencoderParams) -> None:
    assert _sizes.autoencoder(shapes(hollow(lambda: Autoencoder(params))), "it") == params


@pytest.mark.parametrize("params", TEXTS)
def test_text(params: ClipTextParams) -> None:
    assert _sizes.text(shapes(hollow(lambda: ClipText(params))), None, "it") == params


@pytest.mark.parametrize("params", OPEN_TEXTS)
def test_open_text(params: OpenClipTextParams) -> None:
    assert _sizes.open_text(shapes(hollow(lambda: OpenClipText(params))), "it") == params


def test_heads_may_be_told() -> None:
    assert _sizes.unet(shapes(hollow(lambda: UNet(UNETS[1]))), 4, "it").heads == 4
    linear = _sizes.unet(shapes(hollow(lambda: UNet(UNETS[5]))), 4, "it")
    assert (linear.heads, linear.head_width, linear.linear) == (4, None, True)
    assert _sizes.text(shapes(hollow(lambda: ClipText(TEXTS[0]))), 16, "it").heads == 16


UNET = shapes(hollow(lambda: UNet(UNETS[1])))
VAE = shapes(hollow(lambda: Autoencoder(AUTOENCODERS[1])))
TEXT = shapes(hollow(lambda: ClipText(TEXTS[1])))
CONTROLNET = shapes(hollow(lambda: ControlNet(ControlNetParams(unet=UNETS[1]))))
OPEN_TEXT = shapes(hollow(lambda: OpenClipText(OPEN_TEXTS[3])))
LINEAR = shapes(hollow(lambda: UNet(replace(UNETS[7], blocks=1, head_width=64, linear=True))))
TOKENS = "text_model.embeddings.token_embedding.weight"
PLACES = "text_model.embeddings.position_embedding.weight"


def unet(changed: Mapping[str, Any]) -> None:
    _sizes.unet(UNET | dict(changed), None, "'m' (U-Net)")


def autoencoder(changed: Mapping[str, Any]) -> None:
    _sizes.autoencoder(VAE | dict(changed), "'m' (autoencoder)")


def text(changed: Mapping[str, Any]) -> None:
    _sizes.text(TEXT | dict(changed), None, "'m' (text encoder)")


def open_text(changed: Mapping[str, Any]) -> None:
    _sizes.open_text(OPEN_TEXT | dict(changed), "'m' (text encoder)")


def linear(changed: Mapping[str, Any]) -> None:
    _sizes.unet(LINEAR | dict(changed), None, "'m' (U-Net)")


@pytest.mark.parametrize(
    ("read", "name", "shape", "reason"),
    [
        (unet, "input_blocks.0.0.weight", (64, 8, 3), r"in shape \[64, 8, 3\]"),
        (unet, "input_blocks.0.0.weight", (0, 8, 3, 3), "a level 0 wide"),
        (unet, "input_blocks.0.0.weight", (48, 8, 3, 3), "48 channels"),
        (unet, "input_blocks.1.0.in_layers.2.weight", (66, 64, 3, 3), "a level 66 wide"),
        (unet, "input_blocks.1.0.in_layers.2.weight", (2, 64, 3, 3), "a level 2 wide"),
        (unet, "input_blocks.1.0.in_layers.2.weight", (68, 64, 3, 3), "8 heads"),
        (unet, "input_blocks.6.0.in_layers.2.weight", (64, 192, 3, 3), "blocks differ"),
        (unet, "input_blocks.6.0.op.weight", (192, 192, 3, 3), "blocks differ"),
        (unet, "middle_block.1.transformer_blocks.0.attn2.to_k.weight", (8,), "in shape"),
        (unet, "label_emb.0.0.weight", (), "in shape"),
        (linear, "input_blocks.1.0.in_layers.2.weight", (96, 64, 3, 3), "heads 64 wide on a level"),
        (linear, "time_embedding.cond_proj.weight", (64, 256, 1), "in shape"),
        (open_text, "token_embedding.weight", (49_409, 64), "49409 tokens instead of 49408"),
        (open_text, "positional_embedding", (2, 64), "a context of 2 tokens"),
        (open_text, "text_projection", (64,), "in shape"),
        (autoencoder, "encoder.conv_in.weight", (32, 13, 3, 3), "13 channels of pixels"),
        (autoencoder, "encoder.conv_in.weight", (32, 0, 3, 3), "0 channels of pixels"),
        (autoencoder, "encoder.conv_in.weight", (3, 12, 3, 3), "a level 3 wide"),
        (autoencoder, "encoder.down.1.block.0.conv1.weight", (33, 32, 3, 3), "33"),
        (autoencoder, "post_quant_conv.weight", (8, 8), "in shape"),
        (text, TOKENS, (49_409, 256), "49409 tokens instead of 49408"),
        (text, TOKENS, (49_408,), "in shape"),
        (text, TOKENS, (49_408, 0), "heads"),
        (text, PLACES, (2, 256), "a context of 2 tokens"),
    ],
)
def test_refuses_what_is_no_such_network(
    read: Any,  # noqa: ANN401
    name: str,
    shape: tuple[int, ...],
    reason: str,
) -> None:
    with pytest.raises(WeightsError, match=reason) as caught:
        read({name: shape})
    assert str(caught.value).startswith("'m' (")


def test_transformers_of_a_level_are_as_deep_as_each_other() -> None:
    deeper = {"input_blocks.2.1.transformer_blocks.1.norm1.weight": (64,)}
    with pytest.raises(WeightsError, match="levels whose blocks differ"):
        _sizes.unet(shapes(hollow(lambda: UNet(UNETS[7]))) | deeper, None, "it")


@pytest.mark.parametrize(
    "network",
    ["unet", "autoencoder", "text", "open_text", "controlnet"],
)
def test_any_tensor_may_be_missing(network: str) -> None:
    """Without one tensor there is an error of ours, or sizes that binding will then refuse."""
    read: dict[str, Any] = {
        "unet": (UNET, lambda s: _sizes.unet(s, None, "it")),
        "autoencoder": (VAE, lambda s: _sizes.autoencoder(s, "it")),
        "text": (TEXT, lambda s: _sizes.text(s, None, "it")),
        "controlnet": (CONTROLNET, lambda s: _sizes.controlnet(s, None, "it")),
        "open_text": (OPEN_TEXT, lambda s: _sizes.open_text(s, "it")),
    }
    whole, sizes = read[network]
    for name in whole:
        try:
            sizes({other: shape for other, shape in whole.items() if other != name})
        except WeightsError as error:
            assert str(error).startswith("it ")


def test_no_tensors_at_all() -> None:
    with pytest.raises(WeightsError, match=r"lacks input_blocks\.0\.0\.weight"):
        _sizes.unet({}, None, "it")
    with pytest.raises(WeightsError, match=r"lacks encoder\.conv_in\.weight"):
        _sizes.autoencoder({}, "it")
    with pytest.raises(WeightsError, match=r"lacks text_model"):
        _sizes.text({}, None, "it")
    with pytest.raises(WeightsError, match=r"has 0 layers that read a picture"):
        _sizes.controlnet({}, None, "it")


@pytest.mark.parametrize("widths", [(16,), (4, 8), (16, 32, 96, 256)])
def test_a_controlnet_is_as_its_unet_and_as_fine_as_it_reads(widths: tuple[int, ...]) -> None:
    params = ControlNetParams(unet=UNETS[0], hint_widths=widths, hint_channels=5)
    found = _sizes.controlnet(shapes(hollow(lambda: ControlNet(params))), None, "it")
    assert found == replace(params, unet=replace(UNETS[0], out_channels=found.unet.out_channels))
