"""The engine for tests keeps the promises that real ones do, and breaks them on request."""

import time

import pytest

from underpaint.engines import stub
from underpaint.errors import OutOfMemoryError, RequestError
from underpaint.events import Event, Failed, Finished, Progress, Started
from underpaint.media import Image
from underpaint.requests.image import ImageRequest
from underpaint.requests.upscale import UpscaleRequest


def run(prompt: str = "a fox", steps: int = 4, batch: int = 1, seed: int = 1) -> list[Event]:
    request = ImageRequest(
        prompt=prompt,
        model="tiny",
        steps=steps,
        batch=batch,
        seed=seed,
        variation_seed=1,
        width=64,
        height=128,
    )
    return list(stub.Engine().run(request))


def pictures(events: list[Event]) -> list[Finished]:
    return [event for event in events if isinstance(event, Finished)]


def test_it_says_what_a_real_engine_says() -> None:
    events = run(steps=3, batch=2)
    assert isinstance(events[0], Started)
    steps = [event.step for event in events if isinstance(event, Progress)]
    assert steps == [1, 2, 3, 4, 5, 6]
    assert [(each.media.width, each.media.height) for each in pictures(events)] == [(64, 128)] * 2
    assert "Seed: 2" in pictures(events)[1].media.text


def test_a_picture_depends_on_its_request_alone() -> None:
    together, [alone] = pictures(run(batch=3)), pictures(run(seed=2))
    assert together[1].media == alone.media
    assert together[0].media.pixels != alone.media.pixels


def test_it_is_quick() -> None:
    start = time.perf_counter()
    run(steps=20)
    assert time.perf_counter() - start < 0.5


def test_it_fails_as_it_is_told() -> None:
    *_, failed = run("a fox !fail")
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, RequestError)
    *_, failed = run("!oom")
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, OutOfMemoryError)
    with pytest.raises(ZeroDivisionError):
        run("!fault")


def test_it_says_that_it_went_on_in_smaller_pieces() -> None:
    assert any("memory ran out" in event.what for event in started(run("!oom-once", batch=2)))
    assert not any("memory" in event.what for event in started(run("!oom-once", batch=1)))


def started(events: list[Event]) -> list[Started]:
    return [event for event in events if isinstance(event, Started)]


def test_it_is_as_slow_as_it_is_told() -> None:
    start = time.perf_counter()
    run("!slow=0.05", steps=4)
    assert time.perf_counter() - start >= 0.2


def test_it_enlarges_pictures() -> None:
    picture = Image("RGB", 4, 2, bytes(24), "a text")
    [step, done] = stub.Engine().run(UpscaleRequest(init=picture, scale=3))
    assert isinstance(step, Progress)
    assert isinstance(done, Finished)
    assert (done.media.width, done.media.height, done.media.text) == (12, 6, "a text")
