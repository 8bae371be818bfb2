"""Files are whole or not there, whatever fails, and whenever the program is killed."""

import contextlib
import errno
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from underpaint import files
from underpaint.errors import StorageError

OLD, NEW = b"the old picture", b"the new picture" * 1000


def raising(number: int) -> Callable[..., None]:
    """A system call that fails with this errno."""

    def call(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return call


def names(folder: Path) -> list[str]:
    """The names of all that is in `folder`, sorted."""
    return sorted(path.name for path in folder.iterdir())


def run(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a program of its own, so that it can die."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.fixture
def guarded() -> Iterator[Path]:
    """A folder that this process may read and not write, though it be root's."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "old.png").write_bytes(OLD)
        with _ordinary_user(folder):
            yield folder


@contextlib.contextmanager
def _ordinary_user(folder: Path) -> Iterator[None]:
    folder.chmod(0o555)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)
        folder.chmod(0o755)


def test_a_file_holds_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    files.write(path, OLD)
    files.write(path, NEW)
    assert path.read_bytes() == NEW
    assert names(tmp_path) == ["a.png"]


def test_a_file_is_as_open_as_any_other(tmp_path: Path) -> None:
    files.write(tmp_path / "ours", b"")
    (tmp_path / "plain").write_bytes(b"")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_the_longest_name_can_be_written(tmp_path: Path) -> None:
    files.write(tmp_path / ("a" * 255), NEW)
    assert (tmp_path / ("a" * 255)).read_bytes() == NEW


def test_bytes_reach_the_disk_before_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (calls.append("fsync"), fsync(fd)))
    monkeypatch.setattr(os, "replace", lambda *to: (calls.append("replace"), replace(*to)))
    files.write(tmp_path / "a.png", NEW)
    assert calls == ["fsync", "replace", "fsync"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failing_disk_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    path = tmp_path / "a.png"
    files.write(path, OLD)
    monkeypatch.setattr(os, call, raising(number))
    with pytest.raises(StorageError) as caught:
        files.write(path, NEW)
    assert str(caught.value) == f"cannot write {str(path)!r}: {os.strerror(number)}"
    assert path.read_bytes() == OLD
    assert names(tmp_path) == ["a.png"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failing_disk_adds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    monkeypatch.setattr(os, call, raising(errno.ENOSPC))
    with pytest.raises(StorageError, match="No space left on device"):
        files.add(tmp_path, "1", ".png", NEW)
    assert names(tmp_path) == []


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for a small disk")
def test_a_disk_that_fills_up_half_way_leaves_the_old_file(tmp_path: Path) -> None:
    program = """
import sys; from pathlib import Path; from underpaint import files
path = Path(sys.argv[1], "a.png")
files.write(path, b"old")
try:
    files.write(path, bytes(2**20))
except files.StorageError as error:
    print(error)
print(path.read_bytes(), len(list(path.parent.iterdir())))
"""
    disk = files.folder(tmp_path / "disk")
    mount = 'mount -t tmpfs -o size=64k none "$1" && exec "$2" -c "$3" "$1"'
    shell = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh"]
    if os.geteuid() == 0:
        shell = ["unshare", "--mount", "sh", "-c", mount, "sh"]
    command = [*shell, str(disk), sys.executable, program]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode and not done.stdout:
        pytest.skip(f"no small disk to be had here: {done.stderr.strip()}")
    error, rest = done.stdout.splitlines()
    assert error == f"cannot write {str(disk / 'a.png')!r}: No space left on device"
    assert rest == "b'old' 1"


def test_a_folder_that_is_not_ours_is_refused(guarded: Path) -> None:
    with pytest.raises(StorageError, match=r"cannot write '.*old\.png': Permission denied"):
        files.write(guarded / "old.png", NEW)
    with pytest.raises(StorageError, match=r"cannot write '.*': Permission denied"):
        files.add(guarded, "1", ".png", NEW)
    with pytest.raises(StorageError, match=r"cannot write in '.*': Permission denied"):
        files.folder(guarded)
    with pytest.raises(StorageError, match=r"cannot make the folder '.*/new': Permission denied"):
        files.folder(guarded / "new")
    assert (guarded / "old.png").read_bytes() == OLD
    assert names(guarded) == ["old.png"]


def test_a_folder_that_is_missing_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"cannot write '.*b\.png': No such file or directory"):
        files.write(tmp_path / "a" / "b.png", NEW)
    with pytest.raises(StorageError, match=r"cannot read '.*a': No such file or directory"):
        files.unused(tmp_path / "a", "1", ".png")


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_a_kill_before_the_rename_leaves_the_old_file(tmp_path: Path, moment: str) -> None:
    program = """
import os, signal, sys; from pathlib import Path; from underpaint import files
setattr(os, sys.argv[2], lambda *_: os.kill(os.getpid(), signal.SIGKILL))
files.write(Path(sys.argv[1], "a.png"), b"new")
"""
    files.write(tmp_path / "a.png", OLD)
    assert run(program, tmp_path, moment).returncode == -signal.SIGKILL
    assert (tmp_path / "a.png").read_bytes() == OLD
    assert len(names(tmp_path)) == 2

    assert files.sweep(tmp_path) == ()
    (left,) = files.sweep(tmp_path, older_than=0)
    assert left.name.endswith(files.SUFFIX)
    assert names(tmp_path) == ["a.png"]


def test_an_interrupt_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        files.add(tmp_path, "1", ".png", NEW)
    assert names(tmp_path) == []


def test_a_folder_that_cannot_be_flushed_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def refuse(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").is_dir():
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse)
    files.write(tmp_path / "a.png", NEW)
    assert (tmp_path / "a.png").read_bytes() == NEW


def test_numbers_go_on_from_the_highest(tmp_path: Path) -> None:
    assert files.unused(tmp_path, "42", ".png").name == "00000-42.png"
    for name in ("00007-1.png", "3-1.png", "notes.txt", "00009.png", "x00011-1.png"):
        (tmp_path / name).touch()
    assert files.unused(tmp_path, "42", ".png").name == "00008-42.png"
    (tmp_path / "99999-1.txt").touch()
    assert files.unused(tmp_path, "42", ".png").name == "100000-42.png"
    (tmp_path / "100000-1.txt").touch()
    assert files.unused(tmp_path, "42", ".png").name == "100001-42.png"


def test_adding_at_once_loses_no_picture(tmp_path: Path) -> None:
    pictures = [f"picture {index}".encode() for index in range(40)]

    def add(some: list[bytes]) -> None:
        for data in some:
            files.add(tmp_path, "1", ".png", data)

    threads = [threading.Thread(target=add, args=(pictures[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(path.read_bytes() for path in tmp_path.iterdir()) == sorted(pictures)


def test_a_sweep_takes_only_old_leftovers_of_ours(tmp_path: Path) -> None:
    left = f"{files.PREFIX}0123{files.SUFFIX}"
    young = f"{files.PREFIX}4567{files.SUFFIX}"
    for name in (left, young, "model.safetensors.part", "a.png"):
        (tmp_path / name).touch()
    hour_ago = time.time() - 3601
    for name in (left, "model.safetensors.part", "a.png"):
        os.utime(tmp_path / name, (hour_ago, hour_ago))
    assert files.sweep(tmp_path) == (tmp_path / left,)
    assert names(tmp_path) == sorted([young, "model.safetensors.part", "a.png"])


def test_there_is_nothing_to_sweep_where_there_is_nothing(tmp_path: Path) -> None:
    assert files.sweep(tmp_path / "none") == ()


def test_a_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    assert files.folder(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    assert files.folder(tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"cannot make the folder '.*file': File exists"):
        files.folder(tmp_path / "file")


def test_names_inside_a_root_are_let_through(tmp_path: Path) -> None:
    assert files.contained(tmp_path, "a.png") == tmp_path.resolve() / "a.png"
    assert files.contained(tmp_path, "2026/..a/b c.png").parent.name == "..a"
    assert files.contained(tmp_path / "not there", "a.png").name == "a.png"


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../a.png", "a/../../b", "a/../b", "/etc/passwd", "a\0b", "\ud800", "loop/x"],
)
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(StorageError, match="is not the name of a file inside the folder"):
        files.contained(tmp_path, name)


def test_links_that_lead_out_are_refused(tmp_path: Path) -> None:
    root = files.folder(tmp_path / "root")
    (root / "link").symlink_to(tmp_path)
    with pytest.raises(StorageError, match="'link/secret' is not the name"):
        files.contained(root, "link/secret")


# Large files, and folders.


def test_a_file_is_filled_piece_by_piece_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "model"
    path.write_bytes(OLD)

    def broken(file: BinaryIO) -> None:
        file.write(NEW)
        raise ValueError("loose screw")

    with pytest.raises(ValueError, match="loose"):
        files.fill(path, broken)
    assert path.read_bytes() == OLD
    files.fill(path, lambda file: file.writelines([b"a", b"b"]))
    assert path.read_bytes() == b"ab"
    assert names(tmp_path) == ["model"]


def test_a_folder_is_filled_or_not_there(tmp_path: Path) -> None:
    def writing(folder: Path) -> None:
        files.write(folder / "a", NEW)
        files.write(files.folder(folder / "deep" / "er") / "b", OLD)

    files.fill_folder(tmp_path / "whole", writing)
    assert (tmp_path / "whole/deep/er/b").read_bytes() == OLD

    def broken(folder: Path) -> None:
        writing(folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        files.fill_folder(tmp_path / "half", broken)
    with pytest.raises(StorageError, match=r"cannot write .*whole': Directory not empty"):
        files.fill_folder(tmp_path / "whole", writing)
    assert names(tmp_path) == ["whole"]


def test_what_is_adopted_was_flushed_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    flush, replace = os.fsync, os.replace
    monkeypatch.setattr(files.os, "fsync", lambda fd: (told.append("flush"), flush(fd)))
    monkeypatch.setattr(files.os, "replace", lambda *a: (told.append("rename"), replace(*a)))
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "a").write_bytes(NEW)
    files.adopt(tmp_path / "parts", tmp_path / "whole")
    assert told == ["flush", "rename", "flush"]
    assert (tmp_path / "whole" / "a").read_bytes() == NEW

    (tmp_path / "old").write_bytes(OLD)
    (tmp_path / "new").write_bytes(NEW)
    files.adopt(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "old").read_bytes() == NEW
    with pytest.raises(StorageError, match="cannot write"):
        files.adopt(tmp_path / "missing", tmp_path / "old")


def test_a_file_goes_on_where_it_is_told_to(tmp_path: Path) -> None:
    path = tmp_path / "part"
    files.extend(path, [b"abc", b"def"], 0)
    files.extend(path, [b"XY"], 4)
    assert path.read_bytes() == b"abcdXY"

    def torn() -> Iterator[bytes]:
        yield b"12"
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        files.extend(path, torn(), 6)
    assert path.read_bytes() == b"abcdXY12"  # what came is kept
    files.extend(path, [], 0)
    assert path.read_bytes() == b""


def test_a_sweep_takes_half_a_folder_too(tmp_path: Path) -> None:
    partial = tmp_path / f"{files.PREFIX}x{files.SUFFIX}"
    partial.mkdir()
    (partial / "a").write_bytes(NEW)
    assert files.sweep(tmp_path, older_than=0) == (partial,)
    assert names(tmp_path) == []


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_the_cache_is_where_the_system_wants_it(
    monkeypatch: pytest.MonkeyPatch, own_folders: Path, platform: str
) -> None:
    monkeypatch.setattr(files.sys, "platform", platform)
    assert files.cache().is_relative_to(own_folders)
    assert files.cache().name == "underpaint"
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name)
    assert files.cache().is_relative_to(own_folders)


def test_a_file_is_removed_once_and_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    files.write(path, OLD)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", raising(errno.EACCES))
        with pytest.raises(StorageError, match=r"cannot remove .*a\.png.*Permission denied"):
            files.remove(path)
    assert path.exists()
    files.remove(path)
    files.remove(path)
    assert names(tmp_path) == []
