"""The queue against a model of it, a few lines long, through any story that there may be."""

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from underpaint.errors import CrashError
from underpaint.requests.image import ImageRequest
from underpaint.studio._database import Database
from underpaint.studio._requests import Stored
from underpaint.studio._tables import MIGRATIONS
from underpaint.studio.jobs import Job, Ticket
from underpaint.studio.queue import Queue

TEXT = ImageRequest(seed=1, variation_seed=1).to_json()
ANY = st.integers(0, 10**6)


class Stories(RuleBasedStateMachine):
    """Tells a story to the queue and to lists, and compares."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.database = Database(Path(self.folder.name) / "a.sqlite", MIGRATIONS)
        self.queue = Queue(self.database)
        self.waiting: list[tuple[int, str]] = []
        self.held: list[Job] = []
        self.deaths: dict[str, int] = {}
        self.over: dict[str, str] = {}

    def teardown(self) -> None:
        self.database.close()
        self.folder.cleanup()

    @rule(priority=st.integers(-2, 2), front=st.booleans())
    def submit(self, priority: int, front: bool) -> None:
        ticket = Ticket(
            request=Stored("image", TEXT), fingerprint="", priority=priority, front=front
        )
        id = self.queue.submit(ticket).id
        before = [each for each in self.waiting if each[0] > priority]
        same = [each for each in self.waiting if each[0] == priority]
        place = len(before) + (0 if front else len(same))
        self.waiting.insert(place, (priority, id))

    @precondition(lambda self: self.waiting)
    @rule(which=ANY, position=st.integers(0, 9))
    def reorder(self, which: int, position: int) -> None:
        _, id = self.waiting.pop(which % len(self.waiting))
        self.queue.reorder(id, position)
        place = min(position, len(self.waiting))
        priority = self.queue.job(id).priority
        self.waiting.insert(place, (priority, id))

    @rule()
    def claim(self) -> None:
        job = self.queue.claim()
        assert (job and job.id) == (self.waiting[0][1] if self.waiting else None)
        if job:
            self.waiting.pop(0)
            self.held.append(job)

    @precondition(lambda self: self.held)
    @rule(which=ANY)
    def finish(self, which: int) -> None:
        job = self.held.pop(which % len(self.held))
        self.queue.finish(job)
        self.over.setdefault(job.id, "done")

    @precondition(lambda self: self.held)
    @rule(which=ANY, dead=st.booleans())
    def give_back(self, which: int, dead: bool) -> None:
        job = self.held.pop(which % len(self.held))
        self.queue.give_back(job, CrashError("signal 9") if dead else None)
        if job.id in self.over:
            return
        self.deaths[job.id] = self.deaths.get(job.id, 0) + dead
        if dead and self.deaths[job.id] == 2:
            self.over[job.id] = "failed"
        else:
            self._next(job)

    @precondition(lambda self: self.waiting or self.held)
    @rule(which=ANY)
    def cancel(self, which: int) -> None:
        live = [id for _, id in self.waiting] + [job.id for job in self.held]
        id = live[which % len(live)]
        self.queue.cancel(id)
        self.waiting = [each for each in self.waiting if each[1] != id]
        self.over.setdefault(id, "cancelled")

    @rule()
    def restart(self) -> None:
        self.database.close()
        self.database = Database(Path(self.folder.name) / "a.sqlite", MIGRATIONS)
        self.queue = Queue(self.database)
        lost = [job for job in self.held if job.id not in self.over]
        for job in sorted(lost, key=lambda job: self._number(job.id)):
            self._next(job)
        self.held = []

    @invariant()
    def same(self) -> None:
        jobs = self.queue.jobs(limit=-1)
        assert [job.id for job in jobs if job.state == "queued"] == [id for _, id in self.waiting]
        assert {job.id: job.state for job in jobs if job.over} == self.over
        running = {job.id for job in self.held} - set(self.over)
        assert {job.id for job in jobs if job.state == "running"} == running
        sequences = [change.sequence for change in self.queue.changes(0)]
        assert sequences == sorted(set(sequences))

    def _next(self, job: Job) -> None:
        """Put a job before all others of its priority, if those before them have a higher one."""
        priority = self.queue.job(job.id).priority
        place = sum(each[0] > priority for each in self.waiting)
        self.waiting.insert(place, (priority, job.id))

    def _number(self, id: str) -> int:
        [row] = self.database.rows("SELECT number FROM jobs WHERE id = ?", id)
        return row[0]


Stories.TestCase.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
TestStories = Stories.TestCase
