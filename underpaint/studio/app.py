"""The studio: all that has state, put together in this one place.

    with Studio(Settings(outputs=Path("outputs"))) as studio:
        job = studio.submit(ImageRequest(prompt="a banana"))
        job = studio.wait(job.id)
        picture = studio.gallery.image(job.pictures[0])

Whoever talks to people (the HTTP API, the page, the API of AUTOMATIC1111) talks to a `Studio`, from
any thread. Its process never imports torch: a worker process does.
"""

import contextlib
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from underpaint import catalog, files
from underpaint.engines import _models
from underpaint.engines.local import Engine, Patience
from underpaint.errors import RequestError, UnknownEntryError
from underpaint.events import Progress
from underpaint.requests._pictures import PictureRequest
from underpaint.studio._database import Database, Hold
from underpaint.studio._feed import Board, Feed, Notice
from underpaint.studio._live import Glimpse, Live, Lives
from underpaint.studio._requests import fingerprint
from underpaint.studio._runner import Runner
from underpaint.studio._tables import MIGRATIONS
from underpaint.studio.gallery import OWN, Gallery
from underpaint.studio.jobs import Job, State, Ticket
from underpaint.studio.questions import Questions
from underpaint.studio.queue import Queue
from underpaint.studio.settings import Preferences, Settings
from underpaint.studio.styles import Styles
from underpaint.weights import shelf

__all__ = ["Feed", "Glimpse", "Health", "Job", "Live", "Notice", "Settings", "State", "Studio"]

PRIORITIES = (-100, 100)
MAX_KEY = 256
DAY = 86_400.0
GIB = 2**30


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the studio works.

    Attributes:
        running: it takes jobs and does them.
        ready: its worker's libraries are loaded, so that it begins at once.
        worker: the number of the worker process; None when there is none just now.
        jobs: how many are in each state.
        adopted: pictures that had lost their rows, and were taken in at the start.
    """

    running: bool
    ready: bool
    worker: int | None
    jobs: dict[State, int]
    adopted: int


class Studio:
    """A queue, a gallery, and a worker that turns the one into the other."""

    def __init__(self, settings: Settings | None = None) -> None:
        """Open what there is, or begin anew; nothing runs before `start`.

        Args:
            settings: None = from the environment and the file `underpaint.toml`.

        Raises:
            RequestError: a setting is not allowed.
            StorageError: the folder of outputs cannot be read or written, or another studio has
                it.
        """
        self.settings = settings or Settings()
        self._engine = _engine(self.settings)
        own = files.folder(self.settings.outputs / OWN)
        self._hold = Hold(own)
        with contextlib.ExitStack() as undo:
            undo.callback(self._hold.release)
            self._database = undo.enter_context(Database(own / "studio.sqlite", MIGRATIONS))
            self._queue = Queue(
                self._database,
                waiting=self.settings.waiting,
                waiting_a_client=self.settings.waiting_a_client,
            )
            self.gallery = Gallery(self.settings.outputs, self._database, self._queue)
            undo.pop_all()
        self.preferences = Preferences(self._database)
        self.styles = Styles(self.settings.styles)
        self.worker = Questions(self._engine)
        self._board, self._lives = Board(), Lives()
        self._runner = Runner(
            self._queue,
            self.gallery,
            self._board,
            lives=self._lives,
            engine=self._engine,
            backup=self._database.backup,
        )
        self._running = self._stopped = False

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def start(self) -> None:
        """Begin to do jobs. The worker gets ready while this returns: jobs may be handed in."""
        self.gallery.purge(self.settings.kept_deleted * DAY)
        self._engine.start()
        self._runner.start()
        self._running = True

    def stop(self) -> None:
        """End, after the job that runs or `Settings.drain` seconds; what is not done is kept."""
        if self._stopped:
            return
        self._stopped = True
        with contextlib.ExitStack() as last:
            for part in (self._hold.release, self._database.close, self._board.close):
                last.callback(part)
            last.callback(self._engine.stop)
            if self._running:
                self._running = False
                self._runner.stop(self.settings.drain)
            self._database.backup()

    def submit(
        self,
        request: PictureRequest,
        *,
        client: str = "",
        idempotency_key: str | None = None,
        priority: int = 0,
        front: bool = False,
        deadline: float | None = None,
        parent: str = "",
    ) -> Job:
        """Hand in a job. When this returns, it is on the disk: no kill can lose it.

        Args:
            request: what to do; seeds of -1 are drawn here.
            client: who asks; keys, and the limit on waiting jobs, are each client's own.
            idempotency_key: makes the job at most once: who is not sure to have been heard asks
                again with the same key, and gets the same job, whatever became of it; at most 256
                letters. None = no matter.
            priority: higher ones go first, -100..100.
            front: go before all others of this priority.
            deadline: seconds from now by which it must be done, above 0; None = whenever.
            parent: the id of the picture that this is made from; "" = that of the init picture.

        Raises:
            RequestError: a value is not allowed.
            ModelNotFoundError: there is no such model.
            ConflictError: the key has made a job of another request.
            QueueFullError: too many wait; says when to come again.
            NotFoundError: there is no such parent.
            StorageError: the disk refuses; the job is not handed in.
        """
        _check(idempotency_key, priority, deadline)
        _models.check(request, self.settings.models)
        if parent:
            self.gallery.picture(parent)
        drawn = request.resolved(lambda: secrets.randbits(32))
        ticket = Ticket(
            request=self.gallery.stored(drawn),
            fingerprint=fingerprint(request),
            client=client,
            key=idempotency_key,
            priority=priority,
            front=front,
            deadline=None if deadline is None else time.time() + deadline,
            parent=parent,
        )
        job = self._queue.submit(ticket)
        self._runner.stir()
        return self._changed(job)

    def job(self, id: str) -> Job:
        """Return a job as it is now.

        Raises:
            NotFoundError: there is none of this id.
        """
        return self._with_progress(self._queue.job(id))

    def find(self, client: str, key: str) -> Job | None:
        """Return the job that a client's idempotency key made, if it did."""
        job = self._queue.find(client, key)
        return job and self._with_progress(job)

    def jobs(
        self, *, states: Sequence[State] = (), limit: int = 100, before: int | None = None
    ) -> tuple[Job, ...]:
        """Return jobs: those that run, those that wait, in turn, and those over, newest first.

        Args:
            states: only these; () = all.
            limit: at most so many.
            before: only jobs with a lower `sequence` than this, to go on in a list.
        """
        found = self._queue.jobs(states=states, limit=limit, before=before)
        return tuple(self._with_progress(job) for job in found)

    def current(self) -> Job | None:
        """Return the job that runs, if any does."""
        return next(iter(self.jobs(states=("running",), limit=1)), None)

    def request(self, id: str) -> PictureRequest:
        """Return what a job was asked for, with its pictures.

        Raises:
            NotFoundError: there is none of this id, or a picture of it is gone.
        """
        return self._queue.stored(id).whole(self.gallery.image)

    def cancel(self, id: str) -> Job:
        """Give a job up, whether it waits or runs; one that is over stays as it is.

        Pictures of it that are ready stay.

        Raises:
            NotFoundError: there is none of this id.
        """
        job = self._queue.cancel(id)
        if job.state == "cancelled":
            self._runner.drop(id)
        return self._changed(job)

    def cancel_all(self, client: str | None = None) -> int:
        """Give up all jobs that wait or run; returns how many.

        Args:
            client: only those of this one; None = all.
        """
        live = self.jobs(states=("queued", "running"), limit=-1)
        return sum(
            self.cancel(job.id).state == "cancelled"
            for job in live
            if client is None or job.client == client
        )

    def reorder(self, id: str, position: int) -> Job:
        """Let a job that waits go before or after others.

        Args:
            id: the job; one that does not wait stays where it is.
            position: how many shall go first; 0 = none.

        Raises:
            NotFoundError: there is none of this id.
        """
        return self._changed(self._queue.reorder(id, position))

    def wait(self, id: str, timeout: float | None = None) -> Job:
        """Return a job once it is over, or as it is after so many seconds; blocks.

        Raises:
            NotFoundError: there is none of this id.
        """
        feed, until = self.events(), None if timeout is None else time.monotonic() + timeout
        while not (job := self.job(id)).over and not feed.ended:
            left = None if until is None else until - time.monotonic()
            if left is not None and left <= 0:
                break
            feed.take(left)
        return job

    async def ended(self, id: str, timeout: float | None = None) -> Job:
        """Return what `wait` does, and let other tasks run meanwhile.

        Raises:
            NotFoundError: there is none of this id.
        """
        feed, until = self.events(), None if timeout is None else time.monotonic() + timeout
        while not (job := self.job(id)).over and not feed.ended:
            left = None if until is None else until - time.monotonic()
            if left is not None and left <= 0:
                break
            await feed.taken(left)
        return job

    def progress(self, id: str) -> Progress | None:
        """Return how far a job is; None when it does not run, or has not said."""
        return self._board.progress(id)

    def events(self, after: int | None = None) -> Feed:
        """Return the news, to be waited for.

        Args:
            after: the number of the last change that is known; all later ones come, however
                long ago they were. None = what is new from now on.
        """
        start = self._queue.last_change() if after is None else after
        return Feed(self._board, self._queue, start)

    def live(self) -> Live:
        """Return a slot for a painter whose pictures follow the brush; to be closed when he goes.

        What is offered there goes before all jobs, interrupts the one that runs, and is kept
        nowhere; jobs go on when the brush has rested for two seconds.
        """
        return Live(self._board, self._lives, self._runner.stir)

    def books(self, kind: str = "models") -> tuple[shelf.Book, ...]:
        """Return the files of a kind that there are.

        Args:
            kind: of `underpaint.weights.shelf.KINDS`.

        Raises:
            StorageError: a folder cannot be read.
        """
        return shelf.listing(self.settings.models, kind)

    def health(self) -> Health:
        """Return whether all is well."""
        return Health(
            running=self._running,
            ready=self._engine.ready,
            worker=self._engine.pid,
            jobs=self._queue.counts(),
            adopted=self.gallery.adopted,
        )

    def _changed(self, job: Job) -> Job:
        self._board.changed()
        return self._with_progress(job)

    def _with_progress(self, job: Job) -> Job:
        progress = self._board.progress(job.id)
        return replace(job, progress=progress) if progress else job


def _engine(settings: Settings) -> Engine:
    names = ("device", "dtype", "threads", "memory")
    options = {name: getattr(settings, name) for name in names}
    patience = Patience(settings.first_patience, settings.patience, settings.grace)
    inside = [id for id in catalog.ids("underpaint.engines") if id != "local"]
    if settings.engine not in inside:
        raise UnknownEntryError("engines", settings.engine, inside)
    return Engine(settings.models, inside=settings.engine, options=options, patience=patience)


def _check(key: str | None, priority: int, deadline: float | None) -> None:
    least, most = PRIORITIES
    if not least <= priority <= most:
        raise RequestError(f"priority is {priority}; it must be between {least} and {most}")
    if key is not None and not 1 <= len(key) <= MAX_KEY:
        raise RequestError(
            f"idempotency_key has {len(key)} letters; it must have between 1 and {MAX_KEY}"
        )
    if deadline is not None and not 0 < deadline < 366 * DAY:
        raise RequestError(f"deadline is {deadline:g}; it must be seconds from now, above 0")
