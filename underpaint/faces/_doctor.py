"""A look at this machine: what is there, what is fast, what is missing."""

import json
import os
import platform
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

from underpaint import files
from underpaint.engines import _machine
from underpaint.errors import UnderpaintError
from underpaint.faces._tables import size_words, table, write
from underpaint.weights import shelf

ENOUGH_DISK = 2**30
ENOUGH_MEMORY = 2**30


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: was looked at.
        found: what there is, or why there is not.
        good: it stands in nobody's way.
    """

    what: str
    found: str
    good: bool = True


def doctor(folders: Sequence[Path], out: Path, *, as_json: bool) -> bool:
    """Write what this machine is like; return whether all is well.

    Args:
        folders: where models are looked for, besides the package.
        out: where pictures are to be kept.
        as_json: write a list of objects instead of a table.
    """
    found = list(findings(folders, out))
    if as_json:
        write(json.dumps([asdict(finding) for finding in found], ensure_ascii=False))
    else:
        marks = {True: "ok", False: "!!"}
        write(table([[marks[each.good], each.what, each.found] for each in found]))
    return all(finding.good for finding in found)


def findings(folders: Sequence[Path], out: Path) -> Iterator[Finding]:
    """Yield what is found, in the order a person reads it; measuring takes about a second.

    Args:
        folders: as for `doctor`.
        out: as for `doctor`.
    """
    yield Finding("underpaint", _version("underpaint"))
    yield Finding("Python", f"{platform.python_version()} on {platform.platform()}")
    yield Finding("torch", _version("torch"))
    yield Finding("processor", _machine.processor() or "unknown")
    yield Finding("instructions", " ".join(_machine.features()) or "unknown")
    yield Finding("cores", f"{_machine.physical_cores()}, {os.cpu_count()} threads")
    yield _memory()
    yield Finding("device", _machine.device_words())
    yield _bfloat16()
    yield _checked("models", lambda: _models(folders))
    yield _checked("outputs", lambda: _outputs(out))
    yield _disk(out)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "from a folder, not installed"


def _memory() -> Finding:
    total, free = _machine.memory()
    if not total:
        return Finding("memory", "unknown")
    words = f"{size_words(free)} free of {size_words(total)}"
    return Finding("memory", words, free >= ENOUGH_MEMORY)


def _bfloat16() -> Finding:
    gain = _machine.bfloat16_gain()
    hint = "; try --device openvino or --dtype bfloat16 with large models" if gain > 1.3 else ""
    return Finding("bfloat16", f"{gain:.1f} times as fast as float32{hint}")


def _checked(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, look())
    except UnderpaintError as error:
        return Finding(what, str(error), good=False)


def _models(folders: Sequence[Path]) -> str:
    names = [book.name for book in shelf.listing(folders)]
    return ", ".join(names) or f"none in {', '.join(map(str, folders))}"


def _outputs(out: Path) -> str:
    """Return where pictures go, having tried it, and leave no trace.

    Raises:
        StorageError: pictures cannot be kept there.
    """
    there = out.is_dir()
    try:
        files.add(files.folder(out), "doctor", ".txt", b"underpaint doctor was here\n").unlink()
    finally:
        if not there and out.is_dir() and not any(out.iterdir()):
            out.rmdir()
    return f"{out.resolve()} can be written"


def _disk(out: Path) -> Finding:
    place = out.resolve()
    while not place.is_dir():
        place = place.parent
    free = shutil.disk_usage(place).free
    return Finding("disk", f"{size_words(free)} free at {place}", free >= ENOUGH_DISK)
