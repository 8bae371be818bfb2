"""DoRA's arithmetic: directions turn, lengths are those said, and which side they are of."""

import pytest
import torch

from underpaint.weights._decomposed import by_rows, decomposed

OWN, DELTA = torch.randn(2, 8, 6, 3, 3, generator=torch.Generator().manual_seed(0)).unbind()


@pytest.mark.parametrize(
    ("lengths", "shape", "rows"),
    [
        ((8,), (8, 6), True),
        ((8, 1), (8, 6), True),
        ((8, 1, 1, 1), (8, 6, 3, 3), True),
        ((1, 6), (8, 6), False),
        ((1, 6, 1, 1), (8, 6, 3, 3), False),
        ((8, 1), (8, 8), True),
        ((1, 8), (8, 8), False),
        ((6,), (8, 6), None),
        ((1, 8), (8, 6), None),
        ((8, 6), (8, 6), None),
        ((8,), (8,), None),
    ],
)
def test_lengths_are_of_rows_or_of_columns(
    lengths: tuple[int, ...], shape: tuple[int, ...], rows: bool | None
) -> None:
    assert by_rows(lengths, shape) is rows


def test_lengths_of_a_convolution_are_those_said() -> None:
    rows, columns = torch.rand(8) + 0.5, torch.rand(1, 6, 1, 1) + 0.5
    changed = OWN + decomposed(OWN, DELTA, rows)
    assert torch.allclose(changed.flatten(1).norm(dim=1), rows, rtol=1e-5)
    changed = OWN + decomposed(OWN, DELTA, columns)
    assert torch.allclose(changed.transpose(0, 1).flatten(1).norm(dim=1), columns.flatten())


def test_directions_are_those_of_the_sum() -> None:
    changed = (OWN + decomposed(OWN, DELTA, torch.ones(8))).flatten(1)
    alike = torch.cosine_similarity(changed, (OWN + DELTA).flatten(1))
    assert torch.allclose(alike, torch.ones(8))


def test_its_own_lengths_and_no_turn_change_nothing() -> None:
    lengths = OWN.flatten(1).norm(dim=1)
    assert decomposed(OWN, torch.zeros_like(OWN), lengths).abs().max() < 1e-6
