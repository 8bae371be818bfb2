"""Every call to the system fails once, the first, the second, the third ...: nothing breaks."""

import builtins
import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from underpaint import files
from underpaint.errors import StorageError

OLD, NEW = b"the old picture", b"the new picture" * 100


class Faults:
    """Calls of the system of which one fails, and only once."""

    def __init__(self, nth: int, number: int) -> None:
        self.calls, self.nth, self.number = 0, nth, number

    def of(self, call: Callable[..., object]) -> Callable[..., object]:
        def called(*arguments: object, **others: object) -> object:
            self.calls += 1
            if self.calls == self.nth:
                raise OSError(self.number, os.strerror(self.number))
            return call(*arguments, **others)

        return called


def patched(monkeypatch: pytest.MonkeyPatch, faults: Faults) -> None:
    monkeypatch.setattr(files, "open", faults.of(builtins.open), raising=False)
    for name in ("open", "fsync", "replace"):
        monkeypatch.setattr(os, name, faults.of(getattr(os, name)))


def attempts(work: Callable[[], object], number: int, check: Callable[[bool], None]) -> int:
    """Do `work` with each of its calls failing; returns how many there are."""
    for nth in range(1, 50):
        with pytest.MonkeyPatch.context() as monkeypatch:
            faults = Faults(nth, number)
            patched(monkeypatch, faults)
            try:
                work()
                failed = False
            except StorageError as error:
                assert os.strerror(number) in str(error)
                failed = True
        check(failed)
        if faults.calls < nth:
            assert not failed
            return nth - 1
    raise AssertionError("it never ends")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EMFILE, errno.EACCES])
def test_a_file_is_the_old_one_or_the_new_one(tmp_path: Path, number: int) -> None:
    path = tmp_path / "a.png"

    def work() -> None:
        path.write_bytes(OLD)
        files.write(path, NEW)

    def check(failed: bool) -> None:
        assert path.read_bytes() in ((OLD, NEW) if failed else (NEW,))
        assert [each.name for each in tmp_path.iterdir()] == ["a.png"]

    assert attempts(work, number, check) == 5


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EMFILE, errno.EACCES])
def test_an_added_file_is_whole_or_not_there(tmp_path: Path, number: int) -> None:
    def work() -> None:
        files.add(tmp_path, "1", ".png", NEW)

    def check(failed: bool) -> None:
        assert all(path.read_bytes() == NEW for path in tmp_path.iterdir())
        assert list(tmp_path.iterdir()) or failed

    assert attempts(work, number, check) >= 4
