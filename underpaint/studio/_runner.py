"""The one who takes jobs from the queue, has them done, and keeps what comes of it."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from underpaint.engines.local import Engine
from underpaint.errors import CrashError, DeadlineError, UnderpaintError
from underpaint.events import Event, Failed, Finished, Progress, Started
from underpaint.requests._pictures import PictureRequest
from underpaint.studio._feed import Board
from underpaint.studio._live import Glimpse, Lives, worth_showing
from underpaint.studio.gallery import Gallery
from underpaint.studio.jobs import Job
from underpaint.studio.queue import Queue

__all__ = ["Runner"]

LONGEST_NAP = 60.0
BETWEEN_COPIES = 3600.0
A_WHILE = 1.0

_LOG = logging.getLogger(__name__)


class _Halted(Exception):  # noqa: N818  nothing is wrong
    """Somebody has asked to stop."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a job's batch that is asked for at once.

    Attributes:
        first: the place in the job's batch of the piece's first picture.
        request: asks for it.
    """

    first: int
    request: PictureRequest


class Runner:
    """A thread that works while there is work."""

    def __init__(
        self,
        queue: Queue,
        gallery: Gallery,
        board: Board,
        *,
        lives: Lives,
        engine: Engine,
        backup: Callable[[], object],
    ) -> None:
        """Make ready; `start` begins.

        Args:
            queue: where jobs come from.
            gallery: where pictures go.
            board: where it is said how far a job is.
            lives: what goes before all jobs.
            engine: what does the work.
            backup: copies what must not be lost; called about once an hour.
        """
        self._backup, self._next_copy = backup, time.monotonic() + BETWEEN_COPIES
        self._queue, self._gallery, self._board = queue, gallery, board
        self._lives, self._engine = lives, engine
        self._thread = threading.Thread(target=self._work, name="underpaint-runner", daemon=True)
        self._stirred = threading.Event()
        self._unwanted: set[str] = set()
        self._stopping = self._dropping = False
        self._glance = 0.0

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stir(self) -> None:
        """Look at the queue again: there may be something to do."""
        self._stirred.set()

    def drop(self, id: str) -> None:
        """Stop working on a job, if it is the one."""
        self._unwanted.add(id)

    def stop(self, drain: float) -> None:
        """End; a job that is not done by then is given back, to be done next time.

        Args:
            drain: seconds that the job that runs may still take.
        """
        self._stopping = True
        self._stirred.set()
        self._thread.join(drain)
        self._dropping = True
        self._thread.join()

    def _work(self) -> None:
        while not self._stopping:
            self._stirred.clear()
            try:
                self._engine.start()
                if not (self._painted_live() or self._done_a_job() or self._copied()):
                    self._stirred.wait(self._nap())
            except Exception:  # noqa: BLE001  as long as there is a studio, somebody works
                _LOG.exception("the queue cannot go on; it tries again in a while")
                self._stirred.wait(A_WHILE)

    def _painted_live(self) -> bool:
        """Paint what a brush has just offered, if one has; nothing of it is kept."""
        if (offer := self._lives.take()) is None:
            return False
        for event in self._engine.run(
            offer.request, lambda: self._dropping or self._stopping or offer.live.closed
        ):
            if worth_showing(event):
                offer.live.show(Glimpse(offer.number, event))
        return True

    def _done_a_job(self) -> bool:
        """Do the job whose turn it is, if one waits and no brush is at work."""
        if self._lives.rest:
            return False
        job = self._queue.claim()
        self._board.changed()
        if job is not None:
            self._do(job)
            self._board.changed()
        return job is not None

    def _copied(self) -> bool:
        """Back the database up when that was long ago and there is nothing else to do."""
        if time.monotonic() < self._next_copy:
            return False
        self._next_copy = time.monotonic() + BETWEEN_COPIES
        self._backup()
        return True

    def _nap(self) -> float:
        """Return seconds after which there may be something to do without anybody saying so."""
        if self._lives.rest:
            return self._lives.rest
        deadline = self._queue.next_deadline()
        if deadline is None:
            return LONGEST_NAP
        return min(LONGEST_NAP, max(0.01, deadline - time.time()))

    def _do(self, job: Job) -> None:
        """Do a job, and say how it went; whatever happens, somebody is told."""
        try:
            self._paint(job)
            self._queue.finish(job)
        except _Halted:
            self._queue.give_back(job)
        except CrashError as error:
            self._queue.give_back(job, error)
        except UnderpaintError as error:
            self._queue.finish(job, error)
        except Exception as error:  # noqa: BLE001  one job's fault is not the next one's
            _LOG.exception("job %s failed by a fault of ours", job.id)
            words = f"{type(error).__name__}: {error} (a fault of ours)"
            self._queue.finish(job, UnderpaintError(words))
        finally:
            self._unwanted.clear()
            self._board.take_down(job.id)

    def _paint(self, job: Job) -> None:
        """Do what is left of a job.

        Raises:
            _Halted: it is not wanted, or not now; who has it may have it again.
            UnderpaintError: why it failed.
        """
        for piece in self._pieces(job):
            for event in self._engine.run(piece.request, lambda: self._halted(job)):
                self._board_or_keep(job, piece, event)
                if isinstance(event, Failed):
                    raise event.error
            if _late(job):
                raise DeadlineError("the time for this job was over before it was done")
            if self._halted(job):
                raise _Halted

    def _halted(self, job: Job) -> bool:
        self._expire()
        unwanted = job.id in self._unwanted or _late(job)
        return unwanted or self._dropping or self._lives.waiting

    def _expire(self) -> None:
        """Once in a while, while a job runs, fail those that have waited for too long."""
        if time.monotonic() < self._glance:
            return
        self._glance = time.monotonic() + A_WHILE
        if (deadline := self._queue.next_deadline()) is not None and deadline <= time.time():
            self._queue.expire()
            self._board.changed()

    def _pieces(self, job: Job) -> Iterator[_Piece]:
        """Yield what is left to do: all at once, or what an interrupted attempt left over."""
        request = self._queue.stored(job.id).whole(self._gallery.image)
        ready = {picture.index for picture in self._gallery.listing(job=job.id, limit=-1)}
        if not ready:
            yield _Piece(0, request)
            return
        for index in sorted(set(range(request.batch)) - ready):
            yield _Piece(index, request.alone(index))

    def _board_or_keep(self, job: Job, piece: _Piece, event: Event) -> None:
        match event:
            case Progress():
                self._board.put(job.id, event)
            case Started():
                self._board.put(job.id, Progress(0, 1, event.what))
                if event.what.startswith("memory ran out"):
                    self._queue.remark(job, event.what)
            case Finished():
                made = self._gallery.stored(event.request)
                self._gallery.keep(job, event, piece.first + event.index, made)
                self._board.changed()
            case _:
                pass


def _late(job: Job) -> bool:
    return job.deadline is not None and time.time() >= job.deadline
