"""Events are values that cross from the worker to whoever listens."""

import dataclasses
import pickle
from typing import get_args

import pytest

from underpaint.errors import MediaError
from underpaint.events import Event, Failed, Finished, Progress, Queued, Started
from underpaint.media import Image
from underpaint.requests.image import ImageRequest

DOT = Image("L", 1, 1, b"\7")
EVENTS = (
    Queued(2),
    Started("loading mini"),
    Progress(1, 20),
    Progress(3, 20, stage="upscaling", preview=DOT),
    Finished(DOT, 0, ImageRequest(seed=1, batch=1)),
)


def test_all_of_them_are_events() -> None:
    assert {type(event) for event in EVENTS} | {Failed} == set(get_args(Event))


@pytest.mark.parametrize("event", EVENTS)
def test_events_are_values(event: Event) -> None:
    assert pickle.loads(pickle.dumps(event)) == event
    assert hash(event) == hash(dataclasses.replace(event))
    first = dataclasses.fields(event)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(event, first, 3)


def test_progress_needs_no_preview() -> None:
    assert Progress(1, 20) == Progress(step=1, steps=20, stage="", preview=None)


def test_failures_keep_their_class_and_sentence() -> None:
    failed = pickle.loads(pickle.dumps(Failed(MediaError("no picture"))))
    assert isinstance(failed.error, MediaError)
    assert str(failed.error) == "no picture"
