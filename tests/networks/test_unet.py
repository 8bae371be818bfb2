"""The U-Net against diffusers' own on shared random weights, converted by diffusers' own table."""

from dataclasses import replace
from typing import Any, cast

import pytest
import torch
from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
from torch import Tensor

from underpaint.networks.attention import Attention
from underpaint.networks.unet import UNet, UNetParams, timestep_features

SMALL = UNetParams(channels=128, multipliers=(1, 2), blocks=1, attention=(1, 0), context_width=48)
CASES = {
    "small": SMALL,
    "deep": UNetParams(
        channels=128,
        multipliers=(1, 1, 2),
        blocks=2,
        attention=(0, 2, 2),
        middle_depth=2,
        context_width=32,
        heads=4,
    ),
    "pooled": UNetParams(
        channels=128,
        multipliers=(1, 1),
        blocks=1,
        attention=(0, 1),
        context_width=32,
        pooled_width=24,
    ),
    "inpainting": replace(SMALL, in_channels=9),
    "as SD 2": replace(SMALL, multipliers=(1, 2, 2), attention=(1, 1, 0), head_width=32,
                       linear=True),
    "as SDXL": replace(SMALL, multipliers=(1, 2, 2), attention=(0, 1, 3), middle_depth=3,
                       head_width=64, linear=True, pooled_width=24 + 6 * 16),
    "as SDXL's refiner": replace(SMALL, multipliers=(1, 1, 2, 2), attention=(0, 2, 2, 0),
                                 middle_depth=2, head_width=64, linear=True,
                                 pooled_width=24 + 5 * 16),
    "as LCM": replace(SMALL, guidance_width=32),
}  # fmt: skip
SIZES = 16
"""Features of each number in SDXL's small print."""


def drawn(*shape: int, seed: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def network(params: UNetParams) -> UNet:
    torch.manual_seed(1)
    return UNet(params).eval().requires_grad_(False)


def reference(params: UNetParams, own: UNet) -> Any:  # noqa: ANN401
    down = [f"{'CrossAttn' if depth else ''}DownBlock2D" for depth in params.attention]
    up = [f"{'CrossAttn' if depth else ''}UpBlock2D" for depth in reversed(params.attention)]
    widths = tuple(params.channels * m for m in params.multipliers)
    wide = params.head_width or 0
    depths = [depth or params.middle_depth for depth in params.attention[:-1]]
    labelled: dict[str, Any] = {"projection_class_embeddings_input_dim": params.pooled_width}
    if params.pooled_width is not None and params.linear:
        labelled |= {"addition_embed_type": "text_time", "addition_time_embed_dim": SIZES}
    elif params.pooled_width is not None:
        labelled |= {"class_embed_type": "projection"}
    make: Any = UNet2DConditionModel
    theirs = make(
        in_channels=params.in_channels,
        block_out_channels=widths,
        down_block_types=tuple(down),
        up_block_types=tuple(up),
        layers_per_block=params.blocks,
        cross_attention_dim=params.context_width,
        # diffusers' word for the number of heads
        attention_head_dim=tuple(width // wide for width in widths) if wide else params.heads,
        transformer_layers_per_block=(*depths, params.middle_depth),
        use_linear_projection=params.linear,
        time_cond_proj_dim=params.guidance_width,
        **labelled,
    )
    weights = {f"model.diffusion_model.{name}": t for name, t in own.state_dict().items()}
    converted = convert_ldm_unet_checkpoint(weights, dict(theirs.config))
    if params.guidance_width is not None:
        name = "time_embedding.cond_proj.weight"
        converted[name] = own.get_parameter(name)
    theirs.load_state_dict(converted)
    return theirs.eval().requires_grad_(False)


def relative(found: Tensor, wanted: Tensor) -> float:
    """Return the largest difference as a share of the largest number."""
    return float((found - wanted).abs().max() / wanted.abs().max())


@pytest.mark.parametrize("size", [(8, 12), (5, 7)])
@pytest.mark.parametrize("case", CASES)
def test_agrees_with_diffusers(case: str, size: tuple[int, int]) -> None:
    params = CASES[case]
    own = network(params)
    theirs = reference(params, own)
    x, context = drawn(2, params.in_channels, *size, seed=2), drawn(2, 9, 48, seed=3)
    context = context[..., : params.context_width]
    timesteps = torch.tensor([981.0, 12.34])

    given, told = own_and_their_words(params)
    wanted = theirs(x, timesteps, context, **told).sample
    found = own(x, timesteps, context, **given)
    assert relative(found, wanted) <= 1e-4
    assert wanted.std() > 0.01


def own_and_their_words(params: UNetParams) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return what else two networks listen to, as ours and as diffusers' takes it."""
    if params.guidance_width is not None:
        scales = torch.tensor([1.0, 7.5])
        embed = StableDiffusionPipeline.get_guidance_scale_embedding
        features = embed(cast(Any, None), scales - 1, params.guidance_width)
        return {"guidance": scales}, {"timestep_cond": features}
    if params.pooled_width is None:
        return {}, {}
    if not params.linear:
        pooled = drawn(2, params.pooled_width, seed=4)
        return {"pooled": pooled}, {"class_labels": pooled}
    count = (params.pooled_width - 24) // SIZES
    text, sizes = drawn(2, 24, seed=4), torch.arange(2.0 * count).reshape(2, count) * 100
    features = timestep_features(sizes.flatten(), SIZES).reshape(2, -1)
    added = {"text_embeds": text, "time_ids": sizes}
    return {"pooled": torch.cat([text, features], dim=1)}, {"added_cond_kwargs": added}


def test_each_input_changes_the_prediction() -> None:
    own = network(CASES["pooled"])
    x, context, pooled = drawn(1, 4, 8, 8, seed=2), drawn(1, 9, 32, seed=3), drawn(1, 24, seed=4)
    time = torch.tensor([500.0])
    usual = own(x, time, context, pooled)
    for others in (
        (x + 1, time, context, pooled),
        (x, time + 0.5, context, pooled),
        (x, time, context + 1, pooled),
        (x, time, context, pooled + 1),
    ):
        assert not torch.allclose(own(*others), usual, atol=1e-5)


def test_has_a_place_for_the_pooled_text_only_if_asked() -> None:
    with_place = network(CASES["pooled"]).state_dict()
    assert with_place["label_emb.0.0.weight"].shape == (512, 24)
    assert not any(name.startswith("label_emb") for name in network(SMALL).state_dict())


def test_has_a_place_for_the_guidance_scale_only_if_asked() -> None:
    name = "time_embedding.cond_proj.weight"
    assert network(CASES["as LCM"]).state_dict()[name].shape == (128, 32)
    assert name not in network(SMALL).state_dict()


def test_heads_of_one_width_are_more_on_wider_levels() -> None:
    own = network(CASES["as SD 2"])
    heads = [layer.heads for layer in own.modules() if isinstance(layer, Attention)]
    assert set(heads) == {4, 8}
    assert {layer.heads for layer in network(SMALL).modules() if isinstance(layer, Attention)} == {
        8
    }


def test_timestep_features_are_cosines_then_sines() -> None:
    features = timestep_features(torch.tensor([0.0, 1.0]), 4)
    assert features[0].tolist() == [1, 1, 0, 0]
    angles = torch.tensor([1.0, 0.01])
    assert torch.allclose(features[1], torch.cat([angles.cos(), angles.sin()]))


def test_narrow_networks_run() -> None:
    params = UNetParams(
        channels=16, multipliers=(1, 2), blocks=1, attention=(0, 1), context_width=8
    )
    assert network(params)(
        drawn(1, 4, 4, 4, seed=1), torch.tensor([7.0]), drawn(1, 3, 8, seed=2)
    ).shape == (1, 4, 4, 4)


def test_can_learn() -> None:
    own = UNet(SMALL)
    own(drawn(1, 4, 4, 4, seed=1), torch.tensor([7.0]), drawn(1, 3, 48, seed=2)).sum().backward()
    assert all(weight.grad is not None for weight in own.parameters())
