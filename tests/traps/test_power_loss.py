"""Power fails between any two calls: what was not flushed may be gone, in part, or out of order.

A kill cannot show this, since the system still writes what a killed program gave it. So the calls
that `files` makes are recorded, and every state that a disk may be left in is played through: of
each file any part that was not flushed is missing, of the names any changes since the folder was
last flushed.
"""

import builtins
import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import cast

import pytest

from underpaint import files

OLD, NEW = b"old" * 100, b"new!" * 300

Disk = dict[str, bytes]


@dataclass
class Inode:
    """A file without a name: what the disk has for certain, and what it may have."""

    flushed: bytes = b""
    written: bytes = b""

    def after_a_crash(self) -> set[bytes]:
        cuts = range(len(self.flushed), len(self.written), 20)
        return {self.flushed, self.written, *(self.written[:cut] for cut in cuts)}


@dataclass
class Recorder:
    """A folder on a disk that the power may leave at any moment."""

    names: dict[str, Inode] = field(default_factory=dict)
    kept: dict[str, Inode] = field(default_factory=dict)
    pending: list[tuple[str, str, Inode | None]] = field(default_factory=list)
    states: list[list[Disk]] = field(default_factory=list)

    def created(self, name: str) -> None:
        if name not in self.names:
            self.names[name] = Inode()
            self.pending.append(("create", name, self.names[name]))
        self.crash()

    def wrote(self, name: str) -> None:
        self.names[name].written = Path(self.root, name).read_bytes()
        self.crash()

    def flushed(self, path: str) -> None:
        if Path(path) == self.root:
            self.kept, self.pending = dict(self.names), []
        else:
            inode = self.names[Path(path).name]
            inode.written = inode.flushed = Path(path).read_bytes()
        self.crash()

    def renamed(self, source: str, target: str) -> None:
        inode = self.names.pop(source)
        self.names[target] = inode
        self.pending.append((source, target, inode))
        self.crash()

    def crash(self) -> None:
        """Note every state that the disk may be in if the power fails now."""
        self.states.append(list(self._disks()))

    def _disks(self) -> Iterator[Disk]:
        for size in range(len(self.pending) + 1):
            for happened in itertools.combinations(self.pending, size):
                names = dict(self.kept)
                for source, target, inode in happened:
                    names.pop(source, None)
                    if inode is not None:
                        names[target] = inode
                contents = [sorted(inode.after_a_crash()) for inode in names.values()]
                for chosen in itertools.product(*contents):
                    yield dict(zip(names, chosen, strict=True))

    root: Path = Path()


@pytest.fixture
def recorder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """Return what records the calls that `files` makes in the test's folder."""
    recorder = Recorder(root=tmp_path)
    opened: dict[int, str] = {}
    real_open, real_fsync, real_replace, real_os_open = (
        builtins.open,
        os.fsync,
        os.replace,
        os.open,
    )

    def open_(path: Path, mode: str) -> "_Told":
        file = cast(FileIO, real_open(path, mode, buffering=0))
        opened[file.fileno()] = str(path)
        recorder.created(Path(path).name)
        return _Told(file, lambda: recorder.wrote(Path(path).name))

    def os_open(path: Path, flags: int) -> int:
        descriptor = real_os_open(path, flags)
        opened[descriptor] = str(path)
        return descriptor

    def fsync(descriptor: int) -> None:
        real_fsync(descriptor)
        recorder.flushed(opened[descriptor])

    def replace(source: Path, target: Path) -> None:
        real_replace(source, target)
        recorder.renamed(Path(source).name, Path(target).name)

    monkeypatch.setattr(files, "open", open_, raising=False)
    monkeypatch.setattr(os, "open", os_open)
    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    return recorder


class _Told:
    """A file that tells when it was written."""

    def __init__(self, file: FileIO, told: Callable[[], None]) -> None:
        self._file, self._told = file, told
        self.fileno, self.flush = file.fileno, file.flush

    def __enter__(self) -> "_Told":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, data: bytes) -> None:
        for start in range(0, len(data), 100):
            self._file.write(data[start : start + 100])
            self._told()


def before(recorder: Recorder, tmp_path: Path) -> None:
    """Put the old file on the disk, for certain."""
    (tmp_path / "a.png").write_bytes(OLD)
    recorder.names["a.png"] = recorder.kept["a.png"] = Inode(OLD, OLD)


def test_a_file_is_always_the_old_one_or_the_new_one(recorder: Recorder, tmp_path: Path) -> None:
    before(recorder, tmp_path)
    files.write(tmp_path / "a.png", NEW)
    seen = {disk["a.png"] for disks in recorder.states for disk in disks}
    assert seen == {OLD, NEW}
    assert sum(len(disks) for disks in recorder.states) >= 30


def test_what_was_written_is_there_once_it_is_said(recorder: Recorder, tmp_path: Path) -> None:
    before(recorder, tmp_path)
    files.write(tmp_path / "a.png", NEW)
    assert [disk["a.png"] for disk in recorder.states[-1]] == [NEW]


def test_many_files_in_a_row_are_each_whole_or_not_there(
    recorder: Recorder, tmp_path: Path
) -> None:
    contents = {f"{number}.png": bytes([number]) * (600 + number) for number in range(24)}
    for done, (name, data) in enumerate(contents.items()):
        files.write(tmp_path / name, data)
        for disk in recorder.states[-1]:
            assert all(disk[f"{number}.png"] == contents[f"{number}.png"] for number in range(done))
    states = [disk for disks in recorder.states for disk in disks]
    assert len(states) >= 500
    for disk in states:
        for name, data in disk.items():
            assert name.endswith(files.SUFFIX) or data == contents[name]


def test_without_the_flush_the_trap_is_seen(recorder: Recorder, tmp_path: Path) -> None:
    """The judge itself: a rename before the flush leaves files that are empty or cut."""
    before(recorder, tmp_path)
    files_open = files.__dict__["open"]
    with files_open(tmp_path / "b", "xb") as file:
        file.write(NEW)
    os.replace(tmp_path / "b", tmp_path / "a.png")
    seen = {disk["a.png"] for disks in recorder.states for disk in disks}
    assert b"" in seen
    assert seen - {OLD, NEW, b""}
