"""The running mean: what it is, and that a network gets its own weights back."""

import pytest
import torch
from torch import Tensor

from underpaint.training.ema import Ema


@pytest.fixture
def weights() -> dict[str, Tensor]:
    return {"a": torch.zeros(3), "b": torch.ones(2, 2)}


def test_the_mean_follows_its_formula(weights: dict[str, Tensor]) -> None:
    ema = Ema(weights, decay=0.9)
    weights["a"].fill_(1.0)
    ema.update(10**6)
    ema.update(10**6)
    assert ema.mean["a"].tolist() == pytest.approx([0.19] * 3)
    assert ema.mean["b"].tolist() == [[1, 1], [1, 1]]


def test_early_steps_are_soon_forgotten(weights: dict[str, Tensor]) -> None:
    ema = Ema(weights, decay=0.999)
    weights["a"].fill_(1.0)
    ema.update(0)
    assert ema.mean["a"].tolist() == pytest.approx([0.9] * 3)


def test_decay_0_is_the_weights_themselves(weights: dict[str, Tensor]) -> None:
    ema = Ema(weights, decay=0.0)
    weights["a"].fill_(0.123)
    ema.update(5)
    assert torch.equal(ema.mean["a"], weights["a"])


def test_swapping_in_gives_the_own_weights_back_even_after_an_error(
    weights: dict[str, Tensor],
) -> None:
    ema = Ema(weights, decay=0.5)
    weights["a"].fill_(1 / 3)
    with pytest.raises(ZeroDivisionError), ema.swapped_in():
        assert weights["a"].tolist() == [0, 0, 0]
        raise ZeroDivisionError
    assert torch.equal(weights["a"], torch.full((3,), 1 / 3))
    assert ema.mean["a"].tolist() == [0, 0, 0]


def test_a_kept_mean_is_taken_up(weights: dict[str, Tensor]) -> None:
    ema = Ema(weights, decay=0.5)
    ema.load({"a": torch.full((3,), 7.0), "b": torch.full((2, 2), 8.0)})
    assert ema.mean["a"].tolist() == [7, 7, 7]
    assert weights["a"].tolist() == [0, 0, 0]
