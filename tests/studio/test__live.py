"""Live painting: the latest sketch is painted, before all jobs, and nothing of it is kept."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from underpaint.errors import RequestError
from underpaint.events import Failed, Finished, Progress
from underpaint.media import Image
from underpaint.requests.image import ImageRequest
from underpaint.studio._feed import Board
from underpaint.studio._live import Glimpse, Live, Lives, Offer
from underpaint.studio.app import Studio

Ask = Callable[..., ImageRequest]


def until_finished(live: Live, number: int) -> list[Glimpse]:
    seen: list[Glimpse] = []
    end = time.monotonic() + 30
    while time.monotonic() < end:
        seen += live.take(1)
        if any(g.number == number and isinstance(g.event, Finished | Failed) for g in seen):
            return seen
    raise AssertionError(seen)


def test_of_what_waits_the_latest_wins(asked: Ask) -> None:
    lives = Lives()
    one, two = Live(Board(), lives, lambda: None), Live(Board(), lives, lambda: None)
    first, other, last = one.offer(asked("a")), two.offer(asked("b")), one.offer(asked("c"))
    assert (first, other, last) == (1, 1, 2)
    assert (one.dropped, two.dropped) == (1, 0)
    taken = [lives.take(), lives.take(), lives.take()]
    assert taken == [Offer(one, 2, asked("c")), Offer(two, 1, asked("b")), None]


def test_who_goes_takes_his_offer_along(asked: Ask) -> None:
    lives = Lives()
    live = Live(Board(), lives, lambda: None)
    live.offer(asked())
    assert lives.waiting
    assert 0 < lives.rest <= 2
    live.close()
    assert live.closed
    assert not lives.waiting
    assert lives.rest == 0
    assert list(live) == []


def test_a_later_step_takes_the_place_of_an_earlier_one() -> None:
    live = Live(Board(), Lives(), lambda: None)
    preview = Image("L", 1, 1, b"\1")
    for step in (1, 2, 3):
        live.show(Glimpse(1, Progress(step, 4, "", preview)))
    failed = Failed(RequestError("no"))
    live.show(Glimpse(2, failed))
    assert live.take(0) == (Glimpse(2, failed),)
    assert live.take(0) == ()


def test_a_sketch_is_painted_and_kept_nowhere(
    studio: Studio, asked: Ask, sketch: Image, tmp_path: Path
) -> None:
    live = studio.live()
    number = live.offer(replace(asked("a fox"), init=sketch))
    last = until_finished(live, number)[-1]
    assert isinstance(last.event, Finished)
    assert last.event.media.width == 64
    live.close()
    assert studio.jobs() == ()
    assert studio.gallery.listing() == studio.gallery.listing(kind="sketch") == ()
    assert not list(tmp_path.rglob("*.png"))


def test_it_goes_before_jobs_and_they_go_on_after_a_rest(studio: Studio, asked: Ask) -> None:
    job = studio.submit(asked("!slow=0.2", steps=5, batch=2))
    while studio.progress(job.id) is None:
        time.sleep(0.01)
    live, start = studio.live(), time.monotonic()
    until_finished(live, live.offer(asked("live")))
    assert time.monotonic() - start < 10
    assert studio.job(job.id).state == "queued"
    live.close()
    done = studio.wait(job.id, 30)
    assert (done.state, len(done.pictures), done.attempt) == ("done", 2, 2)


def test_a_scribble_sees_its_first_and_its_last_sketch(studio: Studio, asked: Ask) -> None:
    live = studio.live()
    studio.wait(studio.submit(asked()).id, 30)
    for number in range(20):
        live.offer(asked(f"!slow=0.1 {number}"))
        time.sleep(0.01)
    numbers = {glimpse.number for glimpse in until_finished(live, 20)}
    live.close()
    assert {1, 20} <= numbers
    assert len(numbers) <= 4
    assert live.dropped >= 16


def test_tasks_wait_for_glimpses(studio: Studio, asked: Ask) -> None:
    async def painted() -> int:
        live, count = studio.live(), 0
        live.offer(asked("!slow=0.02", steps=10))
        async for glimpse in live:
            count += 1
            if isinstance(glimpse.event, Finished):
                break
        live.close()
        return count

    assert asyncio.run(painted()) >= 2


def test_who_goes_stops_what_is_painted_for_him(studio: Studio, asked: Ask) -> None:
    live = studio.live()
    live.offer(asked("!slow=20"))
    time.sleep(0.5)
    live.close()
    assert studio.wait(studio.submit(asked()).id, 18).state == "done"
