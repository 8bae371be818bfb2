"""The parts of a transformer against their formulas."""

import math
from collections.abc import Iterator
from typing import TypeVar

import pytest
import torch
from torch import Tensor, nn

from underpaint.networks.attention import (
    Attention,
    FeedForward,
    Pointwise,
    SpatialTransformer,
    TransformerBlock,
    group_norm,
)


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


Layer = TypeVar("Layer", bound=nn.Module)


def made(layer: Layer) -> Layer:
    for index, weight in enumerate(layer.parameters()):
        weight.data = 0.3 * drawn(*weight.shape, seed=index)
    return layer.requires_grad_(False)


def test_attention_is_a_softmax_over_the_context() -> None:
    layer = made(Attention(8, 6, heads=2))
    x, context = drawn(3, 5, 8), drawn(3, 7, 6, seed=1)
    q, k, v = layer.to_q(x), layer.to_k(context), layer.to_v(context)
    heads: list[Tensor] = []
    for part in (slice(0, 4), slice(4, 8)):
        shares = (q[..., part] @ k[..., part].mT / math.sqrt(4)).softmax(dim=-1)
        heads.append(shares @ v[..., part])
    wanted = layer.to_out(torch.cat(heads, dim=-1))
    assert torch.allclose(layer(x, context), wanted, atol=1e-6)


def test_attention_without_context_is_to_oneself() -> None:
    layer = made(Attention(8, 8, heads=2))
    x = drawn(2, 5, 8)
    assert torch.equal(layer(x), layer(x, x))


def test_feed_forward_is_gated_by_gelu() -> None:
    layer = made(FeedForward(4))
    x = drawn(2, 3, 4)
    into, out = layer.get_submodule("net.0.proj"), layer.get_submodule("net.2")
    value, gate = into(x).split(16, dim=-1)
    gelu = gate * (1 + torch.erf(gate / math.sqrt(2))) / 2
    assert torch.allclose(layer(x), out(value * gelu), atol=1e-6)


def test_a_block_adds_to_what_comes_in() -> None:
    layer = made(TransformerBlock(8, 6, heads=2))
    for part in ("attn1.to_out.0", "attn2.to_out.0", "ff.net.2"):
        layer.get_parameter(f"{part}.weight").zero_()
        layer.get_parameter(f"{part}.bias").zero_()
    x = drawn(1, 5, 8)
    assert torch.equal(layer(x, drawn(1, 7, 6)), x)


@pytest.mark.parametrize("linear", [False, True])
def test_a_spatial_transformer_does_not_know_places(linear: bool) -> None:
    layer = made(SpatialTransformer(8, 6, heads=2, depth=2, linear=linear))
    x, context = drawn(1, 8, 3, 4), drawn(1, 7, 6)
    turned = layer(x.flip(2, 3), context).flip(2, 3)
    assert torch.allclose(turned, layer(x, context), atol=1e-5)


def test_linear_projections_are_the_same_numbers_in_another_shape() -> None:
    convolved = made(SpatialTransformer(8, 6, heads=2))
    layer = SpatialTransformer(8, 6, heads=2, linear=True)
    weights = convolved.state_dict()
    assert weights["proj_in.weight"].shape == (8, 8, 1, 1)
    for name in ("proj_in.weight", "proj_out.weight"):
        weights[name] = weights[name].flatten(1)
    layer.load_state_dict(weights)
    x, context = drawn(2, 8, 3, 4), drawn(2, 7, 6)
    assert torch.allclose(layer(x, context), convolved(x, context), atol=1e-5)


@pytest.mark.parametrize("linear", [False, True])
def test_a_spatial_transformer_keeps_the_memory_layout(linear: bool) -> None:
    layer = made(SpatialTransformer(8, 6, heads=2, linear=linear))
    x, context = drawn(2, 8, 3, 4), drawn(2, 7, 6)
    last = layer(x.contiguous(memory_format=torch.channels_last), context)
    assert last.is_contiguous(memory_format=torch.channels_last)
    assert torch.allclose(last, layer(x, context), atol=1e-5)


def test_groups_are_32_and_never_of_fewer_than_four_channels() -> None:
    groups = {width: group_norm(width, eps=1e-6).num_groups for width in (8, 16, 64, 128, 320)}
    assert groups == {8: 2, 16: 4, 64: 16, 128: 32, 320: 32}


def test_a_pointwise_layer_is_a_1x1_convolution() -> None:
    layer = made(Pointwise(6, 10))
    x = drawn(2, 6, 5, 7)
    wanted = nn.functional.conv2d(x, layer.weight, layer.bias)
    assert torch.allclose(layer(x), wanted, atol=1e-6)

    last = layer(x.contiguous(memory_format=torch.channels_last))
    assert last.is_contiguous(memory_format=torch.channels_last)
    assert torch.allclose(last, wanted, atol=1e-6)


@pytest.fixture
def threads() -> Iterator[None]:
    """Give the number of threads back."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("shape", [(1, 128, 16, 16), (2, 64, 16, 16), (1, 64, 64, 64)])
def test_a_pointwise_layer_has_the_same_bits_with_any_number_of_threads(
    shape: tuple[int, int, int, int],
) -> None:
    layer, x = made(Pointwise(shape[1], shape[1])), drawn(*shape)
    found: list[Tensor] = []
    for count in (1, 2, 3, 4):
        torch.set_num_threads(count)
        found.append(layer(x))
    assert all(torch.equal(picture, found[0]) for picture in found)
