"""Pieces cover a picture once, fade into each other, and are no larger than they may be."""

from collections.abc import Callable
from itertools import pairwise

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from underpaint.families._pieces import at_once, by_pieces, count, pieces


def blurred(radius: int) -> Callable[[Tensor], Tensor]:
    """Return a network that sees so far, and doubles the picture."""

    def network(x: Tensor) -> Tensor:
        assert max(x.shape[2:]) <= 48
        around = F.pad(x, [radius] * 4, mode="replicate")
        return F.interpolate(F.avg_pool2d(around, 2 * radius + 1, 1), scale_factor=2.0)

    return network


@pytest.mark.parametrize(("height", "width"), [(60, 48), (100, 49), (48, 130)])
def test_a_network_that_sees_no_further_than_is_left_out_shows_no_piece(
    height: int, width: int
) -> None:
    whole = torch.randn(1, 2, height, width, generator=torch.Generator().manual_seed(0))
    found = at_once(by_pieces(blurred(7), whole, tile=48, scale=2))
    number = sum(1 for _ in by_pieces(blurred(7), whole, tile=48, scale=2))
    around = F.pad(whole, [7] * 4, mode="replicate")
    wanted = F.interpolate(F.avg_pool2d(around, 15, 1), scale_factor=2.0)
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-6)
    assert number == count(height, 48) * count(width, 48) > 1


def test_positions_may_shrink() -> None:
    whole = torch.randn(1, 3, 4 * 60, 4 * 50, generator=torch.Generator().manual_seed(1))
    found = at_once(by_pieces(lambda x: F.avg_pool2d(x, 4), whole, tile=48, fold=4))
    torch.testing.assert_close(found, F.avg_pool2d(whole, 4), rtol=0, atol=1e-6)


def test_what_fits_is_one_piece_to_the_last_bit() -> None:
    whole = torch.randn(1, 4, 48, 40)
    assert torch.equal(at_once(by_pieces(torch.tanh, whole, tile=48)), torch.tanh(whole))
    assert count(48, 48) == 1


@pytest.mark.parametrize("side", [48, 49, 61, 100, 480, 1001])
@pytest.mark.parametrize("scale", [1, 4])
def test_all_of_a_side_counts_once(side: int, scale: int) -> None:
    total = torch.zeros(side * scale)
    found = pieces(side, 48, scale)
    for piece in found:
        total[piece.pixels(scale)] += piece.shares
    torch.testing.assert_close(total, torch.ones_like(total))
    assert found[-1].start + found[-1].length == side
    for before, after in pairwise(found):
        assert before.shares[-1] == 0 == after.shares[0]
