"""The U-Net against diffusers' own on shared random weights, converted by diffusers' own table."""

from typing import Any

import pytest
import torch
from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import Tensor

from underpaint.networks.unet import UNet, UNetParams, timestep_features

SMALL = UNetParams(
    channels=128, multipliers=(1, 2), blocks=1, attention=(True, False), context_width=48
)
CASES = {
    "small": SMALL,
    "deep": UNetParams(
        channels=128,
        multipliers=(1, 1, 2),
        blocks=2,
        attention=(False, True, True),
        context_width=32,
        heads=4,
        depth=2,
    ),
    "pooled": UNetParams(
        channels=128,
        multipliers=(1, 1),
        blocks=1,
        attention=(False, True),
        context_width=32,
        pooled_width=24,
    ),
}


def drawn(*shape: int, seed: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def network(params: UNetParams) -> UNet:
    torch.manual_seed(1)
    return UNet(params).eval().requires_grad_(False)


def reference(params: UNetParams, own: UNet) -> Any:  # noqa: ANN401
    down = [f"{'CrossAttn' if here else ''}DownBlock2D" for here in params.attention]
    up = [f"{'CrossAttn' if here else ''}UpBlock2D" for here in reversed(params.attention)]
    theirs: Any = UNet2DConditionModel(
        block_out_channels=tuple(params.channels * m for m in params.multipliers),
        down_block_types=tuple(down),
        up_block_types=tuple(up),
        layers_per_block=params.blocks,
        cross_attention_dim=params.context_width,
        attention_head_dim=params.heads,  # diffusers' word for the number of heads, in SD 1
        transformer_layers_per_block=params.depth,
        class_embed_type=None if params.pooled_width is None else "projection",
        projection_class_embeddings_input_dim=params.pooled_width,
    )
    weights = {f"model.diffusion_model.{name}": t for name, t in own.state_dict().items()}
    theirs.load_state_dict(convert_ldm_unet_checkpoint(weights, dict(theirs.config)))
    return theirs.eval().requires_grad_(False)


@pytest.mark.parametrize("size", [(8, 8), (8, 12), (7, 10), (5, 5)])
@pytest.mark.parametrize("case", CASES)
def test_agrees_with_diffusers(case: str, size: tuple[int, int]) -> None:
    params = CASES[case]
    own = network(params)
    theirs = reference(params, own)
    x, context = drawn(2, 4, *size, seed=2), drawn(2, 9, params.context_width, seed=3)
    timesteps = torch.tensor([981.0, 12.34])
    pooled = None if params.pooled_width is None else drawn(2, params.pooled_width, seed=4)

    wanted = theirs(x, timesteps, context, class_labels=pooled).sample
    found = own(x, timesteps, context, pooled)
    assert (found - wanted).abs().max() <= 1e-4
    assert wanted.std() > 0.01


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


def test_timestep_features_are_cosines_then_sines() -> None:
    features = timestep_features(torch.tensor([0.0, 1.0]), 4)
    assert features[0].tolist() == [1, 1, 0, 0]
    angles = torch.tensor([1.0, 0.01])
    assert torch.allclose(features[1], torch.cat([angles.cos(), angles.sin()]))


def test_narrow_networks_run() -> None:
    params = UNetParams(
        channels=16, multipliers=(1, 2), blocks=1, attention=(False, True), context_width=8
    )
    assert network(params)(
        drawn(1, 4, 4, 4, seed=1), torch.tensor([7.0]), drawn(1, 3, 8, seed=2)
    ).shape == (1, 4, 4, 4)


def test_can_learn() -> None:
    own = UNet(SMALL)
    own(drawn(1, 4, 4, 4, seed=1), torch.tensor([7.0]), drawn(1, 3, 48, seed=2)).sum().backward()
    assert all(weight.grad is not None for weight in own.parameters())
