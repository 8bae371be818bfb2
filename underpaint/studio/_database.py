"""One SQLite file that survives a kill at any moment: what is committed stays, all or nothing.

All threads share one connection, one at a time. With two of them, one may come upon the other in
the midst of a commit and has to wait, and some builds of SQLite can only wait for whole seconds.
"""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

from underpaint import files
from underpaint.errors import StorageError

BUSY_SECONDS = 5.0

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_COMPANIONS = ("", "-wal", "-shm")

Value = str | int | float | bytes | None


class Database:
    """A file of tables, brought up to date when it is opened."""

    def __init__(self, path: Path, migrations: Sequence[str]) -> None:
        """Open the file, or make it.

        A file that is damaged is set aside, never deleted, and the last good backup takes its
        place, or an empty one.

        Args:
            path: the file, in a folder that exists.
            migrations: statements that lead from each version of the tables to the next.

        Raises:
            StorageError: it cannot be read or written, or a newer program has written it.
        """
        self.path = path
        self._migrations = tuple(migrations)
        self._lock = threading.RLock()
        try:
            self._open()
        except StorageError as error:
            if not _is_damage(error.__cause__):
                raise
            self._replace()
            self._open()

    def __enter__(self) -> Self:
        """Return the database."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    @contextlib.contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """A connection whose changes are on the disk at the end, or, after an error, undone.

        A change within a change is part of it.

        Raises:
            StorageError: the disk refuses.
            sqlite3.IntegrityError: a row contradicts another.
        """
        with self._lock, self._said("write"):
            if self._connection.in_transaction:
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def rows(self, query: str, *values: Value) -> list[sqlite3.Row]:
        """What a query finds.

        Raises:
            StorageError: the disk refuses.
        """
        with self._lock, self._said("read"):
            return self._connection.execute(query, values).fetchall()

    def backup(self) -> Path:
        """Write a copy beside the file, whole and consistent.

        Raises:
            StorageError: the disk refuses.
        """
        copy = self.path.with_suffix(".bak")
        passing = self.path.with_suffix(".bak-new")
        with self._said("copy"), contextlib.closing(sqlite3.connect(passing)) as target:
            with self._lock:
                self._connection.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")
        files.adopt(passing, copy)
        return copy

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def _open(self) -> None:
        with self._said("open"):
            self._connection = _connected(self.path)
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._check()
                self._migrate()
            except BaseException:
                self._connection.close()
                raise

    def _check(self) -> None:
        [said] = self._connection.execute("PRAGMA quick_check(1)").fetchone()
        if said != "ok":
            error = sqlite3.DatabaseError(said)
            error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise error

    def _migrate(self) -> None:
        [version] = self._connection.execute("PRAGMA user_version").fetchone()
        if version > len(self._migrations):
            raise StorageError(
                f"{str(self.path)!r} was written by a newer underpaint (version {version} of its "
                f"tables; this one knows {len(self._migrations)}); update, or use another folder"
            )
        for number, statements in enumerate(self._migrations[version:], start=version + 1):
            self._connection.executescript(
                f"BEGIN IMMEDIATE; {statements}; PRAGMA user_version = {number}; COMMIT"
            )

    def _replace(self) -> None:
        """Set the damaged file aside and put the backup in its place, if there is a good one."""
        with self._said("replace"):
            for companion in _COMPANIONS:
                part = self.path.with_name(self.path.name + companion)
                aside = f"{self.path.name}.damaged-{time.time_ns()}{companion}"
                with contextlib.suppress(FileNotFoundError):
                    part.rename(part.with_name(aside))
        copy = self.path.with_suffix(".bak")
        if copy.exists() and _is_whole(copy):
            files.write(self.path, copy.read_bytes())

    @contextlib.contextmanager
    def _said(self, doing: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.IntegrityError:
            raise  # a row contradicts another: nothing is wrong with the disk
        except (sqlite3.Error, OSError) as error:
            raise StorageError(f"cannot {doing} {str(self.path)!r}: {error}") from error


class Hold:
    """A folder held by one program at a time; a program that is killed lets go by dying."""

    def __init__(self, folder: Path) -> None:
        """Hold the folder.

        Raises:
            StorageError: another program holds it, or it cannot be written.
        """
        try:
            self._connection = sqlite3.connect(
                folder / "held", timeout=1.0, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            self._connection.close()
            raise StorageError(
                f"the folder {str(folder)!r} is used by another studio; stop that one, or choose "
                "another folder for outputs"
            ) from error

    def release(self) -> None:
        """Let go of the folder."""
        self._connection.close()


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    connection.row_factory = sqlite3.Row
    for pragma in ("synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _is_damage(error: BaseException | None) -> bool:
    code = getattr(error, "sqlite_errorcode", 0)
    return isinstance(error, sqlite3.DatabaseError) and code & 0xFF in _DAMAGED


def _is_whole(path: Path) -> bool:
    try:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            return connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    except sqlite3.Error:
        return False
