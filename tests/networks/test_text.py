"""What text encoders do alike, checked by hand."""

import pytest
import torch
from torch import nn

from underpaint.networks.text import attended, passed, replaced


def test_a_token_hears_itself_and_the_past_only() -> None:
    q, k, v = torch.randn(3, 2, 5, 8, generator=torch.Generator().manual_seed(0))
    whole = attended(q, k, v, heads=2)
    assert torch.allclose(whole[:, 0], v[:, 0])  # the first has no past
    k[:, 4], v[:, 4] = 9.0, 9.0
    assert torch.allclose(attended(q, k, v, heads=2)[:, :4], whole[:, :4])


def test_each_head_hears_its_own_channels() -> None:
    q, k, v = torch.randn(3, 1, 4, 8, generator=torch.Generator().manual_seed(0))
    both = attended(q, k, v, heads=2)
    assert torch.allclose(both[..., :4], attended(q[..., :4], k[..., :4], v[..., :4], heads=1))


def test_vectors_take_the_place_of_tokens_in_every_row() -> None:
    own = torch.ones(2, 3)
    meanings = replaced(torch.zeros(2, 5, 3), {1: own, 4: own[:1]})
    assert meanings[:, :, 0].tolist() == [[0, 1, 1, 0, 1]] * 2


@pytest.mark.parametrize(("left", "kept"), [(0, 8), (1, 4), (2, 2), (3, 1), (9, 1)])
def test_the_last_layers_may_be_left_out(left: int, kept: int) -> None:
    class Double(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return 2 * x

    last, early = passed([Double()] * 3, torch.ones(1), left)
    assert (last.item(), early.item()) == (8, kept)
