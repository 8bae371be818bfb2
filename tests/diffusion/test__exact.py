"""Sums that do not depend on their order."""

import math

import pytest
import torch

from underpaint.diffusion._exact import spread, total


def test_the_total_does_not_depend_on_the_order() -> None:
    values = torch.randn(10_001, generator=torch.Generator().manual_seed(0)) * 1e6
    assert total(values) == total(values.flip(0)) == total(values.sort().values)


def test_nothing_small_is_lost() -> None:
    assert total(torch.tensor([1e16, 1.0, -1e16], dtype=torch.float64)) == 1


def test_the_spread_is_the_standard_deviation() -> None:
    values = torch.randn(3, 5, 7, dtype=torch.float64)
    assert spread(values) == pytest.approx(float(values.std(correction=0)))
    assert spread(torch.full((4,), 0.1)) == pytest.approx(0, abs=1e-12)
    assert spread(torch.tensor([-1.0, 1.0])) == math.sqrt(1)
