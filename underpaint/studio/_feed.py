"""The news of the studio, for as many listeners as like: no change of a state is ever missed.

Changes of states come from the queue's diary, so a listener that was away asks for what came after
the last number it saw. Progress is only worth hearing while it is fresh: of each job the latest
counts, ten times a second at most.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from underpaint.events import Progress
from underpaint.studio.jobs import What
from underpaint.studio.queue import Queue

__all__ = ["Board", "Feed", "Listener", "Notice"]

A_BREATH = 0.1

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Notice:
    """One piece of news.

    Attributes:
        sequence: its number; later ones are higher. 0 for progress, which nobody can ask for
            again.
        job: the id of the job that it is about.
        what: the state that the job is in now; "moved" when others go before or after it,
            "picture" when one more is ready, "progress" when a step is done.
        at: unix time.
        picture: the id of the picture that is ready; "" for other news.
        progress: how far the job is; None for other news.
    """

    sequence: int
    job: str
    what: What | Literal["progress"]
    at: float
    picture: str = ""
    progress: Progress | None = None


class Board:
    """Where news is put up; who listens is woken."""

    def __init__(self) -> None:
        """Begin with no news and no listeners."""
        self.closed = False
        self._lock = threading.Lock()
        self._wakers: set[Callable[[], object]] = set()
        self._progress: dict[str, tuple[float, Progress]] = {}
        self._woken = 0.0

    def changed(self) -> None:
        """Wake everybody: the diary has a new line."""
        with self._lock:
            wakers = list(self._wakers)
        for wake in wakers:
            with contextlib.suppress(RuntimeError):  # its event loop has just ended
                wake()

    def put(self, job: str, progress: Progress) -> None:
        """Put up how far a job is, and wake everybody unless they have just been."""
        now = time.time()
        with self._lock:
            before = self._progress.get(job)
            if progress.preview is None and before is not None and not before[1].stage:
                progress = Progress(
                    progress.step, progress.steps, progress.stage, before[1].preview
                )
            self._progress[job] = now, progress
            if now - self._woken < A_BREATH:
                return
            self._woken = now
        self.changed()

    def take_down(self, job: str) -> None:
        """Forget how far a job is."""
        with self._lock:
            self._progress.pop(job, None)

    def progress(self, job: str) -> Progress | None:
        """Return how far a job is; None when it has not said."""
        with self._lock:
            found = self._progress.get(job)
        return found[1] if found else None

    def since(self, at: float) -> list[Notice]:
        """Return the progress that was put up after a unix time."""
        with self._lock:
            fresh = [(job, *each) for job, each in self._progress.items() if each[0] > at]
        return [Notice(0, job, "progress", when, "", progress) for job, when, progress in fresh]

    def close(self) -> None:
        """End every listener's loop."""
        self.closed = True
        self.changed()

    @contextlib.contextmanager
    def waking(self, wake: Callable[[], object]) -> Iterator[None]:
        """Call `wake` at any news, from any thread, as long as this lasts."""
        with self._lock:
            self._wakers.add(wake)
        try:
            yield
        finally:
            with self._lock:
                self._wakers.discard(wake)


class Listener(Generic[T]):
    """Hears of something, from one moment on: one thread, or one task."""

    def __init__(self, board: Board) -> None:
        """Listen at a board."""
        self._board = board
        self._closed = False

    def take(self, timeout: float | None = None) -> tuple[T, ...]:
        """Return the news, once there is some; none when there was none for so many seconds."""
        awake = threading.Event()
        with self._board.waking(awake.set):
            until = None if timeout is None else time.monotonic() + timeout
            while not (news := self._fresh()) and not self.ended:
                left = None if until is None else until - time.monotonic()
                if left is not None and left <= 0:
                    break
                awake.wait(left)
                awake.clear()
        return news

    async def taken(self, timeout: float | None = None) -> tuple[T, ...]:
        """Return what `take` does, and let other tasks run while there is nothing."""
        loop, awake = asyncio.get_running_loop(), asyncio.Event()
        news: tuple[T, ...] = ()
        with self._board.waking(lambda: loop.call_soon_threadsafe(awake.set)):
            while not (news := self._fresh()) and not self.ended:
                try:
                    await asyncio.wait_for(awake.wait(), timeout)
                except TimeoutError:
                    break
                awake.clear()
        return news

    @property
    def ended(self) -> bool:
        """Whether there will be no more news: the feed was closed, or the studio has stopped."""
        return self._closed or self._board.closed

    def close(self) -> None:
        """End the loop that goes through this."""
        self._closed = True
        self._board.changed()

    def __iter__(self) -> Iterator[T]:
        """Yield the news, for as long as there is a studio."""
        while news := self.take():
            yield from news

    async def __aiter__(self) -> AsyncIterator[T]:
        """Yield the news, for as long as there is a studio."""
        while news := await self.taken():
            for notice in news:
                yield notice

    def _fresh(self) -> tuple[T, ...]:
        """Return what is new since the last time."""
        raise NotImplementedError


class Feed(Listener[Notice]):
    """The news from one moment on, for one listener.

    Attributes:
        sequence: the number of the last change that was given out; a feed that begins after it
            goes on from there.
    """

    def __init__(self, board: Board, queue: Queue, after: int) -> None:
        """Begin after the change of number `after`."""
        super().__init__(board)
        self.sequence = after
        self._queue = queue
        self._seen = time.time()

    def _fresh(self) -> tuple[Notice, ...]:
        now = time.time()
        changes = self._queue.changes(self.sequence)
        news = [
            Notice(each.sequence, each.job, each.what, each.at, each.picture) for each in changes
        ]
        if changes:
            self.sequence = changes[-1].sequence
        if now - self._seen >= A_BREATH:
            news += self._board.since(self._seen)
            self._seen = now
        return tuple(news)
