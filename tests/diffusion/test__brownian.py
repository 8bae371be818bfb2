"""The Brownian path: its law, and that no question changes an answer."""

import itertools
import math

import pytest
import torch

from underpaint.diffusion._brownian import BrownianPath

TIMES = [-3.5, -3.4999, -2.0, -0.3, 0.0, 1.1, 2.6]


@pytest.fixture
def path() -> BrownianPath:
    return BrownianPath(7, (4096,), -3.5, 2.6)


def test_it_starts_at_zero(path: BrownianPath) -> None:
    assert torch.equal(path(-3.5), torch.zeros(4096, dtype=torch.float64))


def test_no_question_changes_an_answer(path: BrownianPath) -> None:
    forward = [path(time) for time in TIMES]
    backward = [BrownianPath(7, (4096,), -3.5, 2.6)(time) for time in reversed(TIMES)]
    for one, other in zip(forward, reversed(backward), strict=True):
        assert torch.equal(one, other)


def test_increments_have_the_variance_of_their_length(path: BrownianPath) -> None:
    for before, after in itertools.pairwise(TIMES):
        increment = path(after) - path(before)
        assert increment.square().mean() / (after - before) == pytest.approx(1, abs=0.1)
        assert increment.mean() / math.sqrt(after - before) == pytest.approx(0, abs=0.06)


def test_increments_are_independent(path: BrownianPath) -> None:
    increments = [path(after) - path(before) for before, after in itertools.pairwise(TIMES)]
    correlations = torch.corrcoef(torch.stack(increments))
    assert (correlations - torch.eye(len(increments))).abs().max() < 0.07


def test_seeds_are_independent(path: BrownianPath) -> None:
    other = BrownianPath(8, (4096,), -3.5, 2.6)
    correlation = torch.corrcoef(torch.stack([path(1.0), other(1.0)]))[0, 1]
    assert abs(float(correlation)) < 0.06


def test_it_is_continuous(path: BrownianPath) -> None:
    """Times closer than any schedule's are close in value too, across the tree's seams."""
    for time in (-0.45, 0.0, 1.075):  # -0.45 is the root's middle, 1.075 that of its upper half
        gap = path(time + 1e-5) - path(time - 1e-5)
        assert gap.abs().max() < 6 * math.sqrt(2e-5)
