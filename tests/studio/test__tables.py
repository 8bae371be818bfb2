"""The tables: each step leads from the one before, and a kill half way loses nothing."""

import sqlite3
from pathlib import Path

import pytest

from underpaint.studio._database import Database
from underpaint.studio._tables import MIGRATIONS


def test_every_version_leads_to_the_last(tmp_path: Path) -> None:
    for version in range(len(MIGRATIONS) + 1):
        path = tmp_path / f"{version}.sqlite"
        Database(path, MIGRATIONS[:version]).close()
        with Database(path, MIGRATIONS) as database:
            tables = {row[0] for row in database.rows("SELECT name FROM sqlite_master")}
            assert {"jobs", "changes", "pictures", "tags", "words", "preferences"} <= tables
            assert database.rows("PRAGMA user_version")[0][0] == len(MIGRATIONS)
            assert database.rows("PRAGMA integrity_check")[0][0] == "ok"


def test_a_kill_within_a_step_leaves_the_version_before(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    Database(path, ()).close()
    killed = sqlite3.connect(path, isolation_level=None)
    killed.execute("BEGIN IMMEDIATE")
    for statement in MIGRATIONS[0].split(";")[:5]:
        killed.execute(statement)
    killed.close()  # as a kill does: nothing was committed
    with Database(path, MIGRATIONS) as database:
        assert database.rows("SELECT COUNT(*) FROM jobs")[0][0] == 0


def test_waiting_jobs_are_found_without_reading_all(tmp_path: Path) -> None:
    with Database(tmp_path / "a.sqlite", MIGRATIONS) as database:
        plan = database.rows(
            "EXPLAIN QUERY PLAN SELECT id FROM jobs WHERE state = 'queued' "
            "ORDER BY priority DESC, rank LIMIT 1"
        )
    assert [row["detail"] for row in plan] == ["SEARCH jobs USING INDEX jobs_by_turn (state=?)"]


@pytest.mark.parametrize("column", ["job", "parent", "content", "id", "path"])
def test_pictures_are_found_without_reading_all(tmp_path: Path, column: str) -> None:
    with Database(tmp_path / "a.sqlite", MIGRATIONS) as database:
        [step] = database.rows(f"EXPLAIN QUERY PLAN SELECT * FROM pictures WHERE {column} = ?", "a")
    assert step["detail"].startswith("SEARCH pictures USING INDEX")
