"""The blocks of U-Nets, each by itself; together they are held against diffusers' U-Net."""

import pytest
import torch
from torch import Tensor, nn

from underpaint.networks.attention import SpatialTransformer
from underpaint.networks.blocks import Downsample, ResBlock, Stage, Upsample


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def silent(block: nn.Module) -> nn.Module:
    """Return a block whose last convolution gives nothing."""
    for parameter in block.get_submodule("out_layers.3").parameters():
        nn.init.zeros_(parameter)
    return block


def test_a_residual_block_that_says_nothing_is_its_shortcut() -> None:
    x, embedding = drawn(2, 16, 5, 7), drawn(2, 8)
    assert torch.equal(silent(ResBlock(16, 16, 8))(x, embedding), x)
    wider = silent(ResBlock(16, 32, 8))
    assert torch.equal(wider(x, embedding), wider.get_submodule("skip_connection")(x))


def test_a_residual_block_hears_the_noise_level() -> None:
    block, x = ResBlock(16, 16, 8), drawn(1, 16, 4, 4)
    one, other = (block(x, drawn(1, 8, seed=seed)) for seed in (1, 2))
    assert not torch.allclose(one, other)


@pytest.mark.parametrize(("side", "half"), [(8, 4), (7, 4), (1, 1)])
def test_what_is_halved_is_doubled_to_the_size_it_had(side: int, half: int) -> None:
    small = Downsample(4)(drawn(1, 4, side, side + 1))
    assert small.shape == (1, 4, half, (side + 2) // 2)
    assert Upsample(4)(small, (side, side + 1)).shape == (1, 4, side, side + 1)


def test_a_stage_gives_each_layer_what_it_listens_to() -> None:
    x, embedding, words = drawn(1, 16, 4, 4), drawn(1, 8), drawn(1, 3, 6)
    residual, transformer = ResBlock(16, 16, 8), SpatialTransformer(16, 6, 2)
    double, last = Upsample(16), nn.Conv2d(16, 4, 1)
    found = Stage(residual, transformer, double, last)(x, embedding, words, (7, 8))
    wanted = last(double(transformer(residual(x, embedding), words), (7, 8)))
    assert torch.equal(found, wanted)
