"""What a checkpoint holds is all there is."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from underpaint.errors import TrainingError
from underpaint.requests.train import Sizes, TrainRequest
from underpaint.training.architecture import architecture, learning
from underpaint.training.student import Student

Ask = Callable[..., TrainRequest]


def student(request: TrainRequest) -> Student:
    return Student(request, architecture(request, channels=3))


def taught(request: TrainRequest, steps: int) -> Student:
    learner = student(request)
    for _ in range(steps):
        for weight in learning(learner.networks).values():
            weight.grad = torch.ones_like(weight)
        learner.learn()
    return learner


def test_restoring_is_exact(ask: Ask) -> None:
    request = ask("pixels")
    kept = taught(request, 3).checkpoint()
    again = student(replace(request, seed=5))
    assert again.restore(kept) == ("seed",)
    assert again.step == 3
    other = again.checkpoint()
    for part in ("weights", "ema", "optimizer"):
        mine, theirs = getattr(other, part), getattr(kept, part)
        assert mine.keys() == theirs.keys()
        assert all(torch.equal(mine[name], theirs[name]) for name in mine)


def test_the_state_says_where_the_data_stands(ask: Ask) -> None:
    state = taught(ask("pixels", batch=8, accumulate=2), 3).checkpoint().state
    assert (state["step"], state["position"], state["seed"]) == (3, 48, 0)


def test_a_step_tells_its_learning_rate(ask: Ask) -> None:
    learner = taught(ask("pixels", learning_rate=0.01, warmup=4), 1)
    for weight in learning(learner.networks).values():
        weight.grad = torch.zeros_like(weight)
    assert learner.learn() == pytest.approx(0.005)


@pytest.mark.parametrize(
    ("name", "value"),
    [("prediction", "eps"), ("betas", "cosine"), ("network", Sizes({"unet": {"channels": 12}}))],
)
def test_what_cannot_change_is_refused(ask: Ask, name: str, value: object) -> None:
    request = ask("pixels")
    kept = taught(request, 1).checkpoint()
    learner = student(request)
    learner.request = replace(request, **{name: value})  # pyright: ignore[reportArgumentType]
    with pytest.raises(TrainingError, match=f"began with {name} .* give another folder"):
        learner.restore(kept)


def test_what_has_no_say_changes_without_a_word(ask: Ask) -> None:
    request = ask("pixels")
    kept = taught(request, 1).checkpoint()
    free = replace(request, minutes=3.0, keep=9, sample_every=7, checkpoint_every=1)
    assert student(free).restore(kept) == ()
    assert student(replace(request, learning_rate=0.5, batch=2)).restore(kept) == (
        "batch",
        "learning_rate",
    )
