"""Training's own events are the common ones, and more."""

from underpaint.events import Progress, Started
from underpaint.training.events import Learned, Noted


def test_who_knows_the_common_events_only_loses_nothing() -> None:
    learned = Learned(3, 10, "training", loss=0.5, learning_rate=1e-3, rate=9.0, seconds_left=7.0)
    assert isinstance(learned, Progress)
    assert (learned.step, learned.steps, learned.stage, learned.preview) == (
        3,
        10,
        "training",
        None,
    )
    assert isinstance(Noted("a word"), Started)
    assert Noted("a word").what == "a word"
