"""The ControlNet against diffusers' own on shared random weights, by diffusers' own table."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from diffusers.loaders.single_file_utils import convert_controlnet_checkpoint
from diffusers.models.controlnets.controlnet import ControlNetModel
from torch import Tensor

from tests.networks import test_unet
from tests.networks.test_unet import drawn, relative
from underpaint.networks.controlnet import ControlNet, ControlNetParams
from underpaint.networks.unet import UNet, UNetParams

SMALL = ControlNetParams(unet=test_unet.SMALL, hint_widths=(8, 12, 16, 24))
CASES = {
    "small": SMALL,
    "as SD 2": replace(SMALL, unet=test_unet.CASES["as SD 2"]),
    "as SDXL": replace(SMALL, unet=test_unet.CASES["as SDXL"]),
}


def network(params: ControlNetParams) -> ControlNet:
    """Return a network whose last layers are as if it was trained."""
    torch.manual_seed(1)
    made = ControlNet(params).eval().requires_grad_(False)
    for parameter in made.parameters():
        if not parameter.any():
            parameter.normal_(std=0.05)
    return made


def reference(params: ControlNetParams, own: ControlNet) -> Any:  # noqa: ANN401
    unet = params.unet
    wide, xl = unet.head_width or 0, unet.pooled_width is not None
    widths = tuple(unet.channels * m for m in unet.multipliers)
    down = [f"{'CrossAttn' if depth else ''}DownBlock2D" for depth in unet.attention]
    depths = [depth or unet.middle_depth for depth in unet.attention[:-1]]
    labelled: dict[str, Any] = {
        "projection_class_embeddings_input_dim": unet.pooled_width,
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": test_unet.SIZES,
    }
    make: Any = ControlNetModel
    theirs = make(
        block_out_channels=widths,
        down_block_types=tuple(down),
        layers_per_block=unet.blocks,
        cross_attention_dim=unet.context_width,
        attention_head_dim=tuple(width // wide for width in widths) if wide else unet.heads,
        transformer_layers_per_block=(*depths, unet.middle_depth),
        use_linear_projection=unet.linear,
        conditioning_embedding_out_channels=params.hint_widths,
        **(labelled if xl else {}),
    )
    weights = {f"control_model.{name}": tensor for name, tensor in own.state_dict().items()}
    converted = convert_controlnet_checkpoint(weights, dict(theirs.config))
    if xl:  # their table leaves these out
        for one, index in (("1", "0"), ("2", "2")):
            for leaf in ("weight", "bias"):
                name = f"add_embedding.linear_{one}.{leaf}"
                converted[name] = own.get_parameter(f"label_emb.0.{index}.{leaf}")
    theirs.load_state_dict(converted)
    return theirs.eval().requires_grad_(False)


def seen(params: ControlNetParams, size: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return latents, timesteps, words and the picture that leads."""
    unet, factor = params.unet, params.factor
    pixels = drawn(1, 3, factor * size[0], factor * size[1], seed=5).sigmoid()
    context = drawn(2, 9, unet.context_width, seed=3)
    return drawn(2, 4, *size, seed=2), torch.tensor([981.0, 12.34]), context, pixels


@pytest.mark.parametrize("size", [(8, 12), (5, 7)])
@pytest.mark.parametrize("case", CASES)
def test_agrees_with_diffusers(case: str, size: tuple[int, int]) -> None:
    params = CASES[case]
    own = network(params)
    theirs = reference(params, own)
    x, time, context, pixels = seen(params, size)
    given, told = test_unet.own_and_their_words(params.unet)

    down, middle = theirs(x, time, context, pixels.repeat(2, 1, 1, 1), return_dict=False, **told)
    found = own(x, time, context, own.features(pixels), **given)
    assert len(found) == len(down) + 1
    for mine, wanted in zip(found, (*down, middle), strict=True):
        assert relative(mine, wanted) <= 1e-5
        assert wanted.std() > 1e-3


@pytest.mark.parametrize("case", CASES)
def test_leads_a_unet_as_in_diffusers(case: str) -> None:
    params = CASES[case]
    own, led = network(params), test_unet.network(params.unet)
    x, time, context, pixels = seen(params, (5, 7))
    given, told = test_unet.own_and_their_words(params.unet)

    residuals = own(x, time, context, own.features(pixels), **given)
    found = led(x, time, context, **given, residuals=residuals)
    down, middle = reference(params, own)(
        x, time, context, pixels.repeat(2, 1, 1, 1), return_dict=False, **told
    )
    wanted = test_unet.reference(params.unet, led)(
        x,
        time,
        context,
        down_block_additional_residuals=down,
        mid_block_additional_residual=middle,
        **told,
    ).sample
    assert relative(found, wanted) <= 1e-5
    assert relative(found, led(x, time, context, **given)) > 1e-3


def test_before_training_it_adds_nothing() -> None:
    fresh = ControlNet(SMALL)
    x, time, context, pixels = seen(SMALL, (4, 4))
    assert not any(each.any() for each in fresh(x, time, context, fresh.features(pixels)))


def test_residuals_are_as_large_as_what_they_are_added_to() -> None:
    own, led = network(SMALL), UNet(SMALL.unet)
    x, time, context, pixels = seen(SMALL, (5, 7))
    shapes: list[torch.Size] = []
    for stage in (*led.input_blocks, led.middle_block):
        stage.register_forward_hook(lambda _, __, out: shapes.append(out.shape))
    led(x, time, context)
    assert [each.shape for each in own(x, time, context, own.features(pixels))] == shapes


def test_reads_pictures_at_the_scale_of_its_latents() -> None:
    assert ControlNetParams().factor == 8
    own = network(replace(SMALL, hint_widths=(8, 16)))
    assert own.sizes.factor == 2
    assert own.features(drawn(1, 3, 10, 6, seed=1)).shape == (1, 128, 5, 3)


def test_can_be_narrow() -> None:
    unet = UNetParams(channels=16, multipliers=(1, 2), blocks=1, attention=(0, 1), context_width=8)
    own = network(ControlNetParams(unet=unet, hint_widths=(4, 8)))
    x, time, words = drawn(1, 4, 4, 4, seed=1), torch.tensor([7.0]), drawn(1, 3, 8, seed=2)
    found = own(x, time, words, own.features(drawn(1, 3, 8, 8, seed=3)))
    assert [each.shape[1] for each in found] == [16, 16, 16, 32, 32]
