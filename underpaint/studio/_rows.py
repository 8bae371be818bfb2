"""Rows of the table of jobs, within a change: what the queue does is made of these."""

import json
import math
import sqlite3
import time

from underpaint.errors import ConflictError, DeadlineError, NotFoundError, UnderpaintError
from underpaint.studio._requests import bare
from underpaint.studio.jobs import Job, State, Ticket, What

KEPT = 10_000
LONGEST_WAIT = 600

_PICTURES = """(SELECT json_group_array(id) FROM
    (SELECT id FROM pictures WHERE pictures.job = jobs.id ORDER BY place)) AS pictures"""
_POSITION = """CASE state WHEN 'queued' THEN
    (SELECT COUNT(*) FROM jobs AS first WHERE first.state = 'queued' AND
        (first.priority > jobs.priority
         OR first.priority = jobs.priority AND first.rank < jobs.rank)) END AS position"""
JOB = f"SELECT *, {_PICTURES}, {_POSITION} FROM jobs"
TURN = "SELECT id, priority FROM jobs WHERE state = 'queued' ORDER BY priority DESC, rank"


def row(tables: sqlite3.Connection, id: str) -> sqlite3.Row:
    """Return the row of a job.

    Raises:
        NotFoundError: there is none of this id.
    """
    found = tables.execute(f"{JOB} WHERE id = ?", (id,)).fetchone()
    if found is None:
        raise no_job(id)
    return found


def no_job(id: str) -> NotFoundError:
    """Return the error that says that there is no such job."""
    return NotFoundError(f"no job {id[:60]!r}; it never was, or was long ago")


def by_key(tables: sqlite3.Connection, ticket: Ticket) -> sqlite3.Row | None:
    """Return the row of the job that a ticket's key made before, if it did.

    Raises:
        ConflictError: it made a job of another request.
    """
    found = tables.execute(
        f"{JOB} WHERE client = ? AND key = ?", (ticket.client, ticket.key)
    ).fetchone()
    if found is not None and found["fingerprint"] != ticket.fingerprint:
        raise ConflictError(
            f"the key {str(ticket.key)[:60]!r} belongs to job {found['id']}, which asks for "
            "something else; use a new key for a new request"
        )
    return found


def job(found: sqlite3.Row) -> Job:
    """Return a row as a value."""
    return Job(
        request=bare(found["kind"], found["request"]),
        inputs=json.loads(found["inputs"]),
        pictures=tuple(json.loads(found["pictures"])),
        notes=tuple(json.loads(found["notes"])),
        **{name: found[name] for name in _PLAIN},
    )


_PLAIN = (
    "id",
    "kind",
    "state",
    "client",
    "key",
    "priority",
    "position",
    "attempt",
    "sequence",
    "created",
    "started",
    "ended",
    "deadline",
    "error",
    "error_kind",
    "parent",
)


def note(tables: sqlite3.Connection, id: str, what: What, picture: str = "") -> None:
    """Write a change of a job into the diary."""
    done = tables.execute(
        "INSERT INTO changes (job, what, picture, at) VALUES (?, ?, ?, ?)",
        (id, what, picture, time.time()),
    )
    tables.execute("UPDATE jobs SET sequence = ? WHERE id = ?", (done.lastrowid, id))


def end(
    tables: sqlite3.Connection, id: str, state: State, error: UnderpaintError | None = None
) -> None:
    """Let nothing more become of a job."""
    kind = type(error).__name__ if error else ""
    tables.execute(
        "UPDATE jobs SET state = ?, ended = ?, error = ?, error_kind = ? WHERE id = ?",
        (state, time.time(), str(error or ""), kind, id),
    )
    note(tables, id, state)


def again(tables: sqlite3.Connection, id: str) -> None:
    """Let a job that was begun wait once more, before all others of its priority."""
    tables.execute(
        """UPDATE jobs SET state = 'queued', started = NULL, rank =
            (SELECT COALESCE(MIN(rank) - 1, 0) FROM jobs WHERE state = 'queued') WHERE id = ?""",
        (id,),
    )
    note(tables, id, "queued")


def move(tables: sqlite3.Connection, id: str, position: int) -> None:
    """Let a job that waits have so many jobs before it, at the priority of whom it displaces."""
    turn = [(each["id"], each["priority"]) for each in tables.execute(TURN)]
    others = [each for each in turn if each[0] != id]
    if not others:
        return
    place = min(position, len(others))
    _, priority = others[place] if place < len(others) else others[-1]
    others.insert(place, (id, priority))
    tables.executemany(
        "UPDATE jobs SET rank = ?, priority = ? WHERE id = ?",
        [(rank, each[1], each[0]) for rank, each in enumerate(others)],
    )
    note(tables, id, "moved")


def fail_late(tables: sqlite3.Connection) -> None:
    """Fail the jobs that wait and can no longer be done in time."""
    late = "SELECT id FROM jobs WHERE state = 'queued' AND deadline <= ?"
    for [id] in tables.execute(late, (time.time(),)).fetchall():
        end(tables, id, "failed", DeadlineError("the time for this job was over before its turn"))


def seconds(tables: sqlite3.Connection) -> int:
    """Return after how long there is likely to be room for one more job."""
    [mean] = tables.execute(
        """SELECT AVG(ended - started) FROM (SELECT ended, started FROM jobs
            WHERE state = 'done' ORDER BY sequence DESC LIMIT 20)"""
    ).fetchone()
    return min(LONGEST_WAIT, max(1, math.ceil(mean or 1)))


def forget(tables: sqlite3.Connection) -> None:
    """Forget the jobs that were over long ago; what they made is not theirs to take along."""
    tables.execute(
        """DELETE FROM jobs WHERE ended IS NOT NULL AND number NOT IN
            (SELECT number FROM jobs WHERE ended IS NOT NULL ORDER BY number DESC LIMIT ?)""",
        (KEPT,),
    )
    tables.execute("DELETE FROM changes WHERE job NOT IN (SELECT id FROM jobs)")
