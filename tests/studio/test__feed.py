"""The news: no change is missed, and progress is fresh or not told at all."""

import asyncio
import threading
import time
from collections.abc import Callable

import pytest

from underpaint.events import Progress
from underpaint.media import Image
from underpaint.studio._feed import Board, Feed
from underpaint.studio.jobs import Ticket
from underpaint.studio.queue import Queue

Make = Callable[..., Ticket]
PREVIEW = Image("L", 1, 1, b"\7")


def feed(board: Board, queue: Queue, after: int = 0) -> Feed:
    return Feed(board, queue, after)


def test_what_was_before_is_told_first(queue: Queue, ticket: Make) -> None:
    job = queue.submit(ticket())
    queue.cancel(job.id)
    news = feed(Board(), queue).take(0)
    assert [(each.sequence, each.what, each.job) for each in news] == [
        (1, "queued", job.id),
        (2, "cancelled", job.id),
    ]
    later = feed(Board(), queue, after=1)
    assert [each.what for each in later.take(0)] == ["cancelled"]
    assert later.sequence == 2
    assert later.take(0) == ()


def test_who_waits_is_woken(queue: Queue, ticket: Make) -> None:
    board = Board()

    def later() -> None:
        queue.submit(ticket())
        board.changed()

    threading.Timer(0.1, later).start()
    start = time.monotonic()
    [notice] = feed(board, queue).take(10)
    assert notice.what == "queued"
    assert time.monotonic() - start < 5


def test_tasks_wait_without_a_thread(queue: Queue, ticket: Make) -> None:
    board = Board()

    async def listen(count: int) -> list[str]:
        heard: list[str] = []
        async for notice in feed(board, queue):
            heard.append(notice.what)
            if len(heard) == count:
                break
        return heard

    async def both() -> list[list[str]]:
        listeners = [asyncio.create_task(listen(3)) for _ in range(20)]
        for _ in range(3):
            await asyncio.sleep(0.02)
            await asyncio.to_thread(lambda: (queue.submit(ticket()), board.changed()))
        return await asyncio.gather(*listeners)

    threads = threading.active_count()
    assert asyncio.run(both()) == [["queued"] * 3] * 20
    assert threading.active_count() <= threads + 1


def test_nothing_for_a_while_is_told_as_nothing(queue: Queue) -> None:
    assert feed(Board(), queue).take(0.05) == ()
    assert asyncio.run(feed(Board(), queue).taken(0.05)) == ()


def test_progress_is_told_ten_times_a_second_at_most(queue: Queue) -> None:
    board, heard = Board(), []
    listener = feed(board, queue)
    until = time.monotonic() + 0.65

    def steps() -> None:
        number = 0
        while time.monotonic() < until:
            number += 1
            board.put("a", Progress(number, 9_999))
            time.sleep(0.002)

    thread = threading.Thread(target=steps)
    thread.start()
    while time.monotonic() < until:
        heard += listener.take(0.05)
    thread.join()
    assert 2 <= len(heard) <= 8
    numbers = [notice.progress.step for notice in heard if notice.progress]
    assert numbers == sorted(set(numbers))
    assert {(notice.sequence, notice.what) for notice in heard} == {(0, "progress")}


def test_a_step_without_a_preview_keeps_the_last_one() -> None:
    board = Board()
    board.put("a", Progress(1, 9, "", PREVIEW))
    board.put("a", Progress(2, 9))
    assert board.progress("a") == Progress(2, 9, "", PREVIEW)
    board.take_down("a")
    assert board.progress("a") is None


def test_a_closed_feed_ends_its_loop(queue: Queue) -> None:
    listener = feed(Board(), queue)
    threading.Timer(0.05, listener.close).start()
    assert list(listener) == []


def test_a_closed_board_ends_all_loops(queue: Queue) -> None:
    board = Board()
    threading.Timer(0.05, board.close).start()
    assert list(feed(board, queue)) == []

    async def listen() -> list[object]:
        return [notice async for notice in feed(board, queue)]

    assert asyncio.run(listen()) == []


def test_a_loop_that_is_gone_is_no_trouble(queue: Queue, ticket: Make) -> None:
    board = Board()
    listener = feed(board, queue)
    queue.submit(ticket())
    assert asyncio.run(listener.taken(1))

    def gone() -> None:
        raise RuntimeError("Event loop is closed")

    with board.waking(gone):
        board.changed()


@pytest.mark.parametrize("count", [1, 2_500])
def test_many_changes_come_in_their_order(queue: Queue, ticket: Make, count: int) -> None:
    with queue._database.change() as tables:
        tables.executemany(
            "INSERT INTO changes (job, what, at) VALUES (?, 'queued', 0)",
            [(str(number),) for number in range(count)],
        )
    listener, heard = feed(Board(), queue), []
    while news := listener.take(0):
        heard += [notice.job for notice in news]
    assert heard == [str(number) for number in range(count)]
