"""The queue: what is to be done, what is done, and what became of it; a kill loses none of it.

    queued -> running -> done | failed | cancelled
       ^_________|  when the work was interrupted

Each job is claimed under a new `attempt`, and only who holds its last attempt may say how it went:
what a worker says that was given up long ago is not heard. Each change of a state has a number of
its own, rising, so that whoever listens can ask for all that he missed.
"""

import json
import math
import secrets
import sqlite3
import time
from collections.abc import Sequence

from underpaint.errors import CrashError, QueueFullError, UnderpaintError
from underpaint.studio import _rows
from underpaint.studio._database import Database
from underpaint.studio._requests import Stored
from underpaint.studio.jobs import Change, Job, State, Ticket

__all__ = ["Queue"]

MAX_WAITING, MAX_WAITING_A_CLIENT = 1_000, 200
MAX_DEATHS = 2


class Queue:
    """Jobs in the order they will run, in a database."""

    def __init__(
        self,
        database: Database,
        *,
        waiting: int = MAX_WAITING,
        waiting_a_client: int = MAX_WAITING_A_CLIENT,
    ) -> None:
        """Begin a new epoch: what a program before this one was doing has to be done again.

        Args:
            database: where the tables are.
            waiting: most jobs that may wait.
            waiting_a_client: most jobs of one client that may wait.

        Raises:
            StorageError: the disk refuses.
        """
        self._database = database
        self._waiting, self._waiting_a_client = waiting, waiting_a_client
        with database.change() as tables:
            tables.execute("INSERT INTO epochs (at) VALUES (?)", (time.time(),))
            [self.epoch] = tables.execute("SELECT MAX(number) FROM epochs").fetchone()
            for [id] in tables.execute("SELECT id FROM jobs WHERE state = 'running'").fetchall():
                _rows.again(tables, id)
            _rows.forget(tables)

    def submit(self, ticket: Ticket) -> Job:
        """Take a job in, or find the one that its key made before.

        Raises:
            ConflictError: the key has made a job of another request.
            QueueFullError: too many wait; says when to come again.
            StorageError: the disk refuses; the job is not taken in.
        """
        with self._database.change() as tables:
            if known := _rows.by_key(tables, ticket):
                return _rows.job(known)
            self._refuse_overflow(tables, ticket.client)
            id = secrets.token_hex(8)
            edge = "MIN(rank) - 1" if ticket.front else "MAX(rank) + 1"
            tables.execute(
                f"""INSERT INTO jobs (id, kind, request, inputs, parent, fingerprint, client, key,
                    priority, rank, created, deadline) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?,
                    (SELECT COALESCE({edge}, 0) FROM jobs WHERE state = 'queued'), ?, ?)""",
                (
                    id,
                    ticket.request.kind,
                    ticket.request.text,
                    json.dumps(dict(ticket.request.inputs)),
                    ticket.parent,
                    ticket.fingerprint,
                    ticket.client,
                    ticket.key,
                    ticket.priority,
                    time.time(),
                    ticket.deadline,
                ),
            )
            _rows.note(tables, id, "queued")
            return _rows.job(_rows.row(tables, id))

    def job(self, id: str) -> Job:
        """Return a job as it is now.

        Raises:
            NotFoundError: there is none of this id.
        """
        rows = self._database.rows(f"{_rows.JOB} WHERE id = ?", id)
        if not rows:
            raise _rows.no_job(id)
        return _rows.job(rows[0])

    def find(self, client: str, key: str) -> Job | None:
        """Return the job that a client's key made, if it did."""
        rows = self._database.rows(f"{_rows.JOB} WHERE client = ? AND key = ?", client, key)
        return _rows.job(rows[0]) if rows else None

    def jobs(
        self, *, states: Sequence[State] = (), limit: int = 100, before: int | None = None
    ) -> tuple[Job, ...]:
        """Return jobs: those that run, those that wait, in turn, and those over, newest first.

        Args:
            states: only these; () = all.
            limit: at most so many.
            before: only jobs whose last change has a lower number than this, to go on in a list.
        """
        rows = self._database.rows(
            f"""{_rows.JOB} WHERE (? = '[]' OR state IN (SELECT value FROM json_each(?)))
                AND sequence < ?
                ORDER BY state = 'running' DESC, state = 'queued' DESC,
                    CASE state WHEN 'queued' THEN priority END DESC,
                    CASE state WHEN 'queued' THEN rank END, sequence DESC
                LIMIT ?""",
            json.dumps(states),
            json.dumps(states),
            math.inf if before is None else before,
            limit,
        )
        return tuple(_rows.job(row) for row in rows)

    def counts(self) -> dict[State, int]:
        """Return how many jobs are in each state."""
        counts: dict[State, int] = dict.fromkeys(
            ("queued", "running", "done", "failed", "cancelled"), 0
        )
        rows = self._database.rows("SELECT state, COUNT(*) FROM jobs GROUP BY state")
        return counts | {row[0]: row[1] for row in rows}

    def stored(self, id: str) -> Stored:
        """Return the request of a job as it is kept.

        Raises:
            NotFoundError: there is none of this id.
        """
        rows = self._database.rows("SELECT kind, request, inputs FROM jobs WHERE id = ?", id)
        if not rows:
            raise _rows.no_job(id)
        return Stored(rows[0]["kind"], rows[0]["request"], json.loads(rows[0]["inputs"]))

    def cancel(self, id: str) -> Job:
        """Give a job up, whether it waits or runs; one that is over stays as it is.

        Raises:
            NotFoundError: there is none of this id.
        """
        with self._database.change() as tables:
            if _rows.row(tables, id)["state"] in ("queued", "running"):
                _rows.end(tables, id, "cancelled")
            return _rows.job(_rows.row(tables, id))

    def reorder(self, id: str, position: int) -> Job:
        """Let a job go before or after others.

        It takes on the priority of the job that stood there.

        Args:
            id: a job that waits; any other stays where it is.
            position: how many shall go first, 0 or more; beyond the end is the end.

        Raises:
            NotFoundError: there is none of this id.
        """
        with self._database.change() as tables:
            row = _rows.row(tables, id)
            if row["state"] == "queued":
                _rows.move(tables, id, max(0, position))
            return _rows.job(_rows.row(tables, id))

    def claim(self) -> Job | None:
        """Begin the job whose turn it is, if any waits; those too late already have failed."""
        with self._database.change() as tables:
            _rows.fail_late(tables)
            first = tables.execute(f"{_rows.TURN} LIMIT 1").fetchone()
            if first is None:
                return None
            tables.execute(
                """UPDATE jobs SET state = 'running', attempt = attempt + 1, epoch = ?, started = ?
                    WHERE id = ?""",
                (self.epoch, time.time(), first["id"]),
            )
            _rows.note(tables, first["id"], "running")
            return _rows.job(_rows.row(tables, first["id"]))

    def holds(self, tables: sqlite3.Connection, job: Job) -> bool:
        """Whether a job that was claimed is still the claimer's; asked within a change."""
        row = _rows.row(tables, job.id)
        return row["state"] == "running" and row["attempt"] == job.attempt

    def note_picture(self, tables: sqlite3.Connection, job: Job, picture: str) -> None:
        """Say that one more picture of a job is ready; within the change that adds it."""
        _rows.note(tables, job.id, "picture", picture)

    def remark(self, job: Job, sentence: str) -> None:
        """Add to what is to be known about how a job was done."""
        with self._database.change() as tables:
            if sentence not in job.notes and self.holds(tables, job):
                notes = json.dumps([*json.loads(_rows.row(tables, job.id)["notes"]), sentence])
                tables.execute("UPDATE jobs SET notes = ? WHERE id = ?", (notes, job.id))

    def finish(self, job: Job, error: UnderpaintError | None = None) -> None:
        """End a claimed job, well or with an error; nothing happens if it was taken away."""
        with self._database.change() as tables:
            if self.holds(tables, job):
                _rows.end(tables, job.id, "failed" if error else "done", error)

    def give_back(self, job: Job, death: UnderpaintError | None = None) -> None:
        """Let a claimed job be done again, and next.

        Args:
            job: what was claimed.
            death: how its worker died of it; at the second death it fails. None = nobody died.
        """
        with self._database.change() as tables:
            if not self.holds(tables, job):
                return
            deaths = _rows.row(tables, job.id)["deaths"] + (death is not None)
            tables.execute("UPDATE jobs SET deaths = ? WHERE id = ?", (deaths, job.id))
            if death is not None and deaths >= MAX_DEATHS:
                words = f"the worker died of this job {deaths} times; the last time {death}"
                _rows.end(tables, job.id, "failed", CrashError(words))
            else:
                _rows.again(tables, job.id)

    def next_deadline(self) -> float | None:
        """Return the unix time at which the next waiting job is too late; None for never."""
        [row] = self._database.rows("SELECT MIN(deadline) FROM jobs WHERE state = 'queued'")
        return row[0]

    def expire(self) -> None:
        """Fail the jobs that have waited for too long."""
        with self._database.change() as tables:
            _rows.fail_late(tables)

    def changes(self, after: int, limit: int = 1_000) -> tuple[Change, ...]:
        """Return what has changed since the change of number `after`, oldest first."""
        rows = self._database.rows(
            "SELECT * FROM changes WHERE sequence > ? ORDER BY sequence LIMIT ?", after, limit
        )
        return tuple(
            Change(row["sequence"], row["job"], row["what"], row["picture"], row["at"])
            for row in rows
        )

    def last_change(self) -> int:
        """Return the number of the last change; 0 when there was none."""
        [row] = self._database.rows("SELECT COALESCE(MAX(sequence), 0) FROM changes")
        return row[0]

    def _refuse_overflow(self, tables: sqlite3.Connection, client: str) -> None:
        count = "SELECT COUNT(*) FROM jobs WHERE state = 'queued'"
        [waiting] = tables.execute(count).fetchone()
        [own] = tables.execute(f"{count} AND client = ?", (client,)).fetchone()
        if waiting >= self._waiting:
            raise QueueFullError(
                f"{waiting} jobs wait, the most there may be", _rows.seconds(tables)
            )
        if own >= self._waiting_a_client:
            raise QueueFullError(
                f"{own} of your jobs wait, the most one client may have", _rows.seconds(tables)
            )
