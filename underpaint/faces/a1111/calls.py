"""A call's jobs: how its rounds are queued, found again, waited for and stopped.

A call of several rounds is several jobs. Which jobs belong together is written in their keys, so
nothing has to be remembered here, and a call is found again after a restart.
"""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Self

from underpaint.faces._http import replies
from underpaint.faces.a1111.requests import Order
from underpaint.studio.app import Studio
from underpaint.studio.jobs import Job

CLIENT = "a1111"
PAUSE = 1.0

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


def submit(studio: Studio, order: Order, task: str) -> tuple[Job, ...]:
    """Queue the rounds of a call, all of them or none.

    Args:
        studio: where.
        order: what the call comes to.
        task: the caller's name for it; "" for none.

    Raises:
        QueueFullError: there is no room for all of them.
    """
    call, jobs, rounds = secrets.token_hex(8), list[Job](), len(order.requests)
    try:
        for number, request in enumerate(order.requests):
            place = Call(task.replace(_MARK, ""), call, number, rounds)
            jobs.append(studio.submit(request, client=CLIENT, idempotency_key=place.key()))
    except BaseException:
        for job in jobs:
            studio.cancel(job.id)
        raise
    return tuple(jobs)


async def ended(
    studio: Studio, jobs: Sequence[Job], gone: Callable[[], Awaitable[bool]]
) -> tuple[Job, ...]:
    """Return the jobs of a call once they have ended, in their order.

    Args:
        studio: where they are queued.
        jobs: of one call.
        gone: tells whether the caller has gone and wants the work stopped.

    Raises:
        UnderpaintError: one failed; why.
    """
    over: list[Job] = []
    for job in jobs:
        now = await studio.ended(job.id, timeout=PAUSE)
        while not now.over:
            if await gone():
                stop(studio, Call.of(job).id)
            now = await studio.ended(job.id, timeout=PAUSE)
        over.append(now)
        if now.state == "failed":
            stop(studio, Call.of(job).id)
            raise replies.of_job(now.error_kind, now.error)
    return tuple(over)


def waiting(studio: Studio) -> tuple[Job, ...]:
    """Return the jobs that run or wait, in the order they (will) run."""
    running = studio.jobs(states=("running",), limit=100)
    return (*running, *studio.jobs(states=("queued",), limit=1000))


def first(studio: Studio, task: str = "") -> Job | None:
    """Return the job that the caller means by "the current one": theirs, if the task is known.

    Args:
        studio: where.
        task: the caller's name for the call; "" means the call of any A1111 client.
    """
    jobs = (job for job in waiting(studio) if job.client == CLIENT)
    return next((job for job in jobs if not task or Call.of(job).task == task), None)


def stop(studio: Studio, call: str) -> None:
    """Cancel what has not ended of a call.

    Args:
        studio: where.
        call: its `Call.id`.
    """
    for job in waiting(studio):
        if Call.of(job).id == call:
            studio.cancel(job.id)


def known(studio: Studio, task: str) -> bool:
    """Return whether a call of this name is among those that ended lately.

    Args:
        studio: where.
        task: the caller's name for the call, not "".
    """
    over = studio.jobs(states=("done", "failed", "cancelled"), limit=1000)
    return any(job.client == CLIENT and Call.of(job).task == task for job in over)
