"""Trap: noise drawn in another dtype, shape or place is other noise from the same seed."""

import pytest
import torch

from underpaint.diffusion.noise import NoiseKind, source, starting

SHAPE = (4, 8, 8)
SIGMAS = torch.tensor([14.6, 1.0, 0.1, 0.0], dtype=torch.float64)


def test_the_trap_is_there() -> None:
    wide, narrow = (
        torch.randn(SHAPE, generator=torch.Generator().manual_seed(0), dtype=dtype)
        for dtype in (torch.float64, torch.float32)
    )
    assert not torch.allclose(wide.float(), narrow, atol=0.1)
    batch = torch.randn(2, *SHAPE, generator=torch.Generator().manual_seed(0))
    second = torch.randn(SHAPE, generator=torch.Generator().manual_seed(1))
    assert not torch.allclose(batch[1], second, atol=0.1)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_another_dtype_is_the_same_noise(dtype: torch.dtype) -> None:
    assert torch.equal(starting([3], SHAPE, dtype=dtype), starting([3], SHAPE).to(dtype))


@pytest.mark.parametrize("kind", ["gaussian", "brownian"])
def test_another_dtype_is_the_same_noise_on_the_way(kind: NoiseKind) -> None:
    wide = source(kind, [3], SHAPE, SIGMAS, dtype=torch.float64)
    narrow = source(kind, [3], SHAPE, SIGMAS)
    assert wide is not None
    assert narrow is not None
    for _ in range(2):
        assert torch.equal(wide(14.6, 1.0).float(), narrow(14.6, 1.0))


def test_the_global_generator_is_neither_read_nor_moved() -> None:
    torch.manual_seed(1)
    first = starting([3], SHAPE)
    before = torch.get_rng_state()
    again = starting([3], SHAPE)
    assert torch.equal(first, again)
    assert torch.equal(torch.get_rng_state(), before)


def test_torch_sees_32_bits_of_a_seed() -> None:
    """Which is why seeds end at 2^32 - 1: the next one is 0 again."""
    assert torch.equal(starting([2**32 + 5], SHAPE), starting([5], SHAPE))
