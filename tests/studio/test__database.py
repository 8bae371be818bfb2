"""The file of tables: all or nothing, whatever breaks."""

import contextlib
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from underpaint.errors import StorageError
from underpaint.studio._database import Database, Hold

FIRST = "CREATE TABLE things (name TEXT UNIQUE)"
SECOND = "ALTER TABLE things ADD COLUMN size INTEGER NOT NULL DEFAULT 7"


def names(database: Database) -> list[str]:
    return [row["name"] for row in database.rows("SELECT name FROM things ORDER BY name")]


def add(database: Database, name: str) -> None:
    with database.change() as tables:
        tables.execute("INSERT INTO things (name) VALUES (?)", (name,))


def test_what_was_changed_is_there_next_time(tmp_path: Path) -> None:
    with Database(tmp_path / "a.sqlite", [FIRST]) as database:
        add(database, "one")
        assert names(database) == ["one"]
    with Database(tmp_path / "a.sqlite", [FIRST]) as database:
        assert names(database) == ["one"]


def test_it_is_as_durable_as_sqlite_can_be(tmp_path: Path) -> None:
    with Database(tmp_path / "a.sqlite", [FIRST]) as database:
        assert database.rows("PRAGMA journal_mode")[0][0] == "wal"
        assert database.rows("PRAGMA synchronous")[0][0] == 2
        assert database.rows("PRAGMA foreign_keys")[0][0] == 1


def test_a_change_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with Database(tmp_path / "a.sqlite", [FIRST]) as database:
        with contextlib.suppress(ZeroDivisionError), database.change() as tables:
            tables.execute("INSERT INTO things (name) VALUES ('one')")
            with database.change() as same:
                same.execute("INSERT INTO things (name) VALUES ('two')")
            raise ZeroDivisionError
        assert names(database) == []
        add(database, "three")
        assert names(database) == ["three"]


def test_rows_that_contradict_each_other_are_no_fault_of_the_disk(tmp_path: Path) -> None:
    with Database(tmp_path / "a.sqlite", [FIRST]) as database:
        add(database, "one")
        with pytest.raises(sqlite3.IntegrityError):
            add(database, "one")


def test_old_tables_are_brought_up_to_date_once(tmp_path: Path) -> None:
    with Database(tmp_path / "a.sqlite", [FIRST]) as database:
        add(database, "one")
    for _ in range(2):
        with Database(tmp_path / "a.sqlite", [FIRST, SECOND]) as database:
            assert database.rows("SELECT size FROM things")[0]["size"] == 7


def test_a_step_that_fails_half_way_is_undone(tmp_path: Path) -> None:
    with Database(tmp_path / "a.sqlite", [FIRST]) as database:
        add(database, "one")
    with pytest.raises(StorageError, match="cannot open"):
        Database(tmp_path / "a.sqlite", [FIRST, f"{SECOND}; SELECT * FROM nowhere"])
    with Database(tmp_path / "a.sqlite", [FIRST, SECOND]) as database:
        assert database.rows("SELECT size FROM things")[0]["size"] == 7


def test_tables_of_a_newer_program_are_left_alone(tmp_path: Path) -> None:
    Database(tmp_path / "a.sqlite", [FIRST, SECOND]).close()
    with pytest.raises(StorageError, match=r"newer underpaint \(version 2 .* knows 1\)"):
        Database(tmp_path / "a.sqlite", [FIRST])


@pytest.mark.parametrize("damage", [b"no database at all" * 99, b"\0" * 4096])
def test_a_damaged_file_is_set_aside_and_its_backup_taken(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "a.sqlite"
    with Database(path, [FIRST]) as database:
        add(database, "one")
        database.backup()
        add(database, "two")
    path.write_bytes(damage)
    with Database(path, [FIRST]) as database:
        assert names(database) == ["one"]
    [aside] = tmp_path.glob("a.sqlite.damaged-*")
    assert aside.read_bytes() == damage


def test_a_damaged_file_without_a_backup_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    path.write_bytes(b"rubbish" * 999)
    path.with_suffix(".bak").write_bytes(b"rubbish as well" * 999)
    with Database(path, [FIRST]) as database:
        assert names(database) == []


def test_a_page_torn_in_the_middle_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with Database(path, [FIRST]) as database:
        for number in range(2_000):
            add(database, f"name {number}") if number % 100 == 0 else None
        with database.change() as tables:
            tables.executemany(
                "INSERT INTO things (name) VALUES (?)", [(f"many {n}",) for n in range(5_000)]
            )
        database.backup()
    data = bytearray(path.read_bytes())
    data[8192:12288] = b"\xff" * 4096
    path.write_bytes(data)
    with Database(path, [FIRST]) as database:
        assert len(names(database)) == 5_020


def test_a_folder_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    hold = Hold(tmp_path)
    with pytest.raises(StorageError, match="used by another studio"):
        Hold(tmp_path)
    hold.release()
    Hold(tmp_path).release()


def test_who_is_killed_lets_go(tmp_path: Path) -> None:
    program = (
        "import sys, time, pathlib\n"
        "from underpaint.studio._database import Hold\n"
        "hold = Hold(pathlib.Path(sys.argv[1]))\n"
        "print('held', flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(StorageError, match="used by another studio"):
            Hold(tmp_path)
        other.kill()
    Hold(tmp_path).release()
