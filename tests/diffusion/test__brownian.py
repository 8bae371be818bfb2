"""The Brownian path: its law, and that no question changes an answer."""

import itertools
import json
import math
from pathlib import Path

import pytest
import torch

from underpaint.diffusion._brownian import BrownianPath
from underpaint.diffusion._seed_tree import SeedTree

TIMES = [-3.5, -3.4999, -2.0, -0.3, 0.0, 1.1, 2.6]
GOLDEN = Path(__file__).parents[1] / "golden" / "samplers.json"


def drawn(seed: int, start: float = -3.5, end: float = 2.6, count: int = 4096) -> BrownianPath:
    """Return a path whose noise is torch's."""
    return BrownianPath(
        SeedTree.of(seed),
        start,
        end,
        lambda place: torch.randn(count, generator=torch.Generator().manual_seed(place)),
    )


@pytest.fixture
def path() -> BrownianPath:
    return drawn(7)


def test_its_increments_are_those_k_diffusion_draws() -> None:
    golden = json.loads(GOLDEN.read_text())["brownian"]
    for seed, theirs in zip(golden["seeds"], golden["noise"], strict=True):
        path = drawn(seed, *golden["ends"], count=6)
        for (sigma, after), noise in zip(golden["intervals"], theirs, strict=True):
            ours = (path(after) - path(sigma)) / math.sqrt(abs(after - sigma))
            torch.testing.assert_close(ours, torch.tensor(noise).double(), rtol=0, atol=1e-5)


def test_it_ends_on_the_noise_of_the_tree_itself(path: BrownianPath) -> None:
    generator = torch.Generator().manual_seed(SeedTree.of(7).seed())
    whole = torch.randn(4096, generator=generator).double() * math.sqrt(6.1)
    torch.testing.assert_close(path(2.6), whole)
    assert torch.equal(path(9.0), path(2.6))


def test_it_starts_at_zero(path: BrownianPath) -> None:
    assert torch.equal(path(-3.5), torch.zeros(4096, dtype=torch.float64))


def test_no_question_changes_an_answer(path: BrownianPath) -> None:
    forward = [path(time) for time in TIMES]
    backward = [drawn(7)(time) for time in reversed(TIMES)]
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
    other = drawn(8)
    correlation = torch.corrcoef(torch.stack([path(1.0), other(1.0)]))[0, 1]
    assert abs(float(correlation)) < 0.06


def test_it_is_continuous(path: BrownianPath) -> None:
    """Times closer than any schedule's are close in value too, across the tree's seams."""
    for time in (-0.45, 0.0, 1.075):  # -0.45 is the root's middle, 1.075 that of its upper half
        gap = path(time + 1e-5) - path(time - 1e-5)
        assert gap.abs().max() < 6 * math.sqrt(2e-5)
