"""A call's jobs: how its rounds are queued, found again, waited for and stopped.

A call of several rounds is several jobs. Which jobs belong together is written in their keys, so
nothing has to be remembered here, and a call is found again after a restart.
"""

import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Self

from underpaint.faces._http import replies
from underpaint.requests._pictures import PictureRequest
from underpaint.studio.app import Studio
from underpaint.studio.jobs import Job

CLIENT = "a1111"
PAUSE = 1.0
REMEMBERED = 1000

_MARK = "\x1f"


@dataclass(frozen=True, slots=True)
class Call:
    """Where a job stands in its call.

    Attributes:
        task: the caller's own name for the call; "" for none.
        id: ours, drawn.
        number: which round the job is, from 0.
        rounds: how many there are.
    """

    task: str
    id: str
    number: int
    rounds: int

    @classmethod
    def of(cls, job: Job) -> Self:
        """Return where a job stands; one from elsewhere is a call of its own."""
        parts = (job.key or "").split(_MARK)
        if job.client != CLIENT or len(parts) != 4:
            return cls("", job.id, 0, 1)
        task, id, number, rounds = parts
        return cls(task, id, int(number), int(rounds))

    def key(self) -> str:
        """Return what stands for this place in a job's key."""
        return _MARK.join((self.task, self.id, str(self.number), str(self.rounds)))


class Desk:
    """Hands calls in at a studio's queue, and finds them there.

    It remembers one thing: which calls were stopped, for one may be stopped while the last of its
    rounds are still being handed in.
    """

    def __init__(self, studio: Studio) -> None:
        """Stand before a studio."""
        self.studio = studio
        self._stopped: deque[str] = deque(maxlen=REMEMBERED)

    def submit(self, requests: Sequence[PictureRequest], task: str) -> tuple[Job, ...]:
        """Queue the rounds of a call, all of them or none; or as many as before it was stopped.

        Args:
            requests: what the call comes to, round by round.
            task: the caller's name for it; "" for none.

        Raises:
            QueueFullError: there is no room for all of them.
        """
        id, jobs, rounds = secrets.token_hex(8), list[Job](), len(requests)
        try:
            for number, request in enumerate(requests):
                if id in self._stopped:
                    break
                key = Call(task.replace(_MARK, ""), id, number, rounds).key()
                jobs.append(self.studio.submit(request, client=CLIENT, idempotency_key=key))
        except BaseException:
            self.stop(id)
            raise
        if id in self._stopped:
            self.stop(id)
        return tuple(jobs)

    async def ended(
        self, jobs: Sequence[Job], gone: Callable[[], Awaitable[bool]]
    ) -> tuple[Job, ...]:
        """Return the jobs of a call once they have ended, in their order.

        Args:
            jobs: of one call.
            gone: tells whether the caller has gone and wants the work stopped.

        Raises:
            UnderpaintError: one failed; why.
        """
        over: list[Job] = []
        for job in jobs:
            while not (now := await self.studio.ended(job.id, timeout=PAUSE)).over:
                if await gone():
                    self.stop(Call.of(job).id)
            over.append(now)
            if now.state == "failed":
                self.stop(Call.of(job).id)
                raise replies.of_job(now.error_kind, now.error)
        return tuple(over)

    def waiting(self) -> tuple[Job, ...]:
        """Return the jobs that run or wait, in the order they (will) run."""
        return self.studio.jobs(states=("running", "queued"), limit=-1)

    def first(self, task: str = "") -> Job | None:
        """Return the job that the caller means by "the current one": theirs, if the task is known.

        Args:
            task: the caller's name for the call; "" means the call of any A1111 client.
        """
        jobs = (job for job in self.waiting() if job.client == CLIENT)
        return next((job for job in jobs if not task or Call.of(job).task == task), None)

    def stop(self, call: str) -> None:
        """Cancel what has not ended of a call, what runs last: so nothing new begins meanwhile.

        Args:
            call: its `Call.id`.
        """
        self._stopped.append(call)
        for job in reversed(self.waiting()):
            if Call.of(job).id == call:
                self.studio.cancel(job.id)

    def known(self, task: str) -> bool:
        """Return whether a call of this name is among those that ended lately.

        Args:
            task: the caller's name for the call, not "".
        """
        over = self.studio.jobs(states=("done", "failed", "cancelled"), limit=1000)
        return any(job.client == CLIENT and Call.of(job).task == task for job in over)
