"""Any length of the running mean, from the two that were kept."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy
import pytest
import torch

from underpaint.errors import TrainingError
from underpaint.requests.train import TrainRequest
from underpaint.training.events import Learned
from underpaint.training.loop import train
from underpaint.training.posthoc import LENGTHS, Kept, PowerMeans, chosen, exponent, shares
from underpaint.weights.checkpoint import read

Ask = Callable[..., TrainRequest]

STEPS = 1000


def walk() -> torch.Tensor:
    """A weight that wanders, (STEPS,)."""
    return torch.randn(STEPS, generator=torch.Generator().manual_seed(0)).cumsum(0) / 30


def mean_of(length: float, path: torch.Tensor) -> float:
    """The mean of a length in closed form: weights in proportion to time^gamma."""
    weights = torch.arange(1, len(path) + 1, dtype=torch.float64) ** exponent(length)
    return float((weights * path).sum() / weights.sum())


@pytest.mark.parametrize("length", [0.01, 0.05, 0.1, 0.2, 0.25])
def test_the_exponent_is_the_papers_root(length: float) -> None:
    roots = numpy.roots([1, 7, 16 - length**-2, 12 - length**-2])
    assert exponent(length) == pytest.approx(float(roots.real.max()), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("length", [0.0, 0.29, -1.0])
def test_no_mean_is_as_long_as_that(length: float) -> None:
    with pytest.raises(TrainingError, match="length is"):
        exponent(length)


def test_means_are_those_of_the_paper() -> None:
    path, weight = walk(), torch.zeros(1)
    means = PowerMeans({"w": weight})
    for step, value in enumerate(path):
        weight.fill_(float(value))
        means.update(step)
    for length in LENGTHS:
        expected = mean_of(length, path)
        assert float(means.named()[f"{length}/w"]) == pytest.approx(expected, abs=5e-3)


def test_a_mean_that_was_kept_is_found_again() -> None:
    kept = [Kept(step, length) for step in (250, 500, 1000) for length in LENGTHS]
    found = shares(kept, Kept(1000, LENGTHS[1]))
    expected = torch.tensor([0, 0, 0, 0, 0, 1], dtype=torch.float64)
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("length", [0.04, 0.07, 0.12])
def test_another_length_is_a_sum_of_what_was_kept(length: float) -> None:
    path = walk().double()
    kept = [Kept(step, own) for step in range(50, STEPS + 1, 50) for own in LENGTHS]
    parts = torch.tensor([mean_of(one.length, path[: one.step]) for one in kept])
    found = shares(kept, Kept(STEPS, length))
    assert float(found.sum()) == pytest.approx(1, abs=0.02)
    assert float((found * parts).sum()) == pytest.approx(mean_of(length, path), abs=0.02)


def test_a_run_keeps_means_and_goes_on_with_them(ask: Ask) -> None:
    asked = ask("pixels", steps=8, snapshot_every=2)
    whole, parts = (replace(asked, out=f"{asked.out}-{name}") for name in ("whole", "parts"))
    list(train(whole))
    begun = train(parts)
    next(event for event in begun if isinstance(event, Learned) and event.step == 5)
    begun.close()
    list(train(parts))
    first, second = (
        read(Path(run.out) / "snapshots" / "step-8.safetensors").tensors for run in (whole, parts)
    )
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
    exported = read(Path(whole.out) / "toy.safetensors").tensors
    mean = chosen(Path(whole.out), LENGTHS[0])
    assert mean.keys() <= exported.keys()
    assert not any("/" in name for name in exported)
    for name, tensor in mean.items():
        torch.testing.assert_close(
            tensor, first[f"{LENGTHS[0]}/{name}"].float(), atol=2e-3, rtol=2e-3
        )


def test_without_anything_kept_there_is_nothing_to_choose(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="see snapshot_every"):
        chosen(tmp_path, 0.08)
