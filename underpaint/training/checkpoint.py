"""Checkpoints that survive anything: a folder a step, complete or not there at all.

`step-N/` holds weights, running mean and optimizer as safetensors, `state.json`, `config.json`
and, written last, `MANIFEST.json` with the SHA-256 of each. It is filled under the name
`step-N.tmp`, flushed to the disk, then renamed; the newest one whose manifest agrees is loaded.
"""

import hashlib
import itertools
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from underpaint import files
from underpaint.errors import StorageError, WeightsError
from underpaint.weights.checkpoint import read, serialised

__all__ = ["Checkpoint", "damage", "newest", "prune", "save_checkpoint", "set_aside", "sweep"]

MANIFEST = "MANIFEST.json"
TENSORS = ("weights", "ema", "optimizer")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """All a run needs to go on as if it had never stopped.

    Attributes:
        weights: of every network in training, by name.
        ema: running mean of those that learn, and as `LENGTH/NAME` those of `posthoc`, if any.
        optimizer: AdamW's two moments and step count of each, as `NAME.exp_avg` and so on.
        state: plain numbers: step, position in the data, seed, ...
        config: the request, as JSON.
    """

    weights: Mapping[str, Tensor]
    ema: Mapping[str, Tensor]
    optimizer: Mapping[str, Tensor]
    state: Mapping[str, Any]
    config: str

    @property
    def step(self) -> int:
        """Steps done."""
        return int(self.state["step"])


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint so that it is either whole or absent, whenever the power goes.

    Args:
        folder: where checkpoints live.
        checkpoint: what to keep.

    Returns:
        The new folder, `step-N`.

    Raises:
        StorageError: the disk is full or cannot be written.
    """
    target = folder / f"step-{checkpoint.step}"
    if target.is_dir() and not damage(target):
        return target
    filling = target.with_suffix(".tmp")
    _remove(filling)
    files.folder(filling)
    manifest: dict[str, str] = {}
    for name, data in _contents(checkpoint):
        files.write(filling / name, data)
        manifest[name] = hashlib.sha256(data).hexdigest()
    files.write(filling / MANIFEST, json.dumps(manifest, indent=1).encode())
    _remove(target)
    _publish(filling, target)
    return target


def _contents(checkpoint: Checkpoint) -> Iterator[tuple[str, bytes]]:
    for part in TENSORS:
        tensors: Mapping[str, Tensor] = getattr(checkpoint, part)
        yield f"{part}.safetensors", serialised(tensors, {})
    yield "state.json", json.dumps(dict(checkpoint.state), indent=1).encode()
    yield "config.json", checkpoint.config.encode()


def _remove(folder: Path) -> None:
    try:
        if folder.exists():
            shutil.rmtree(folder)
    except OSError as error:
        raise StorageError(f"cannot remove {str(folder)!r}: {error.strerror}") from error


def _publish(filling: Path, target: Path) -> None:
    """Give the folder its name, and have the disk remember it."""
    try:
        filling.rename(target)
        parent = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(parent)
        finally:
            os.close(parent)
    except OSError as error:
        raise StorageError(f"cannot finish {str(target)!r}: {error.strerror}") from error


def newest(folder: Path) -> tuple[Checkpoint | None, list[str]]:
    """Return the newest whole checkpoint, None if there is none, and a word on each skipped.

    What is skipped is renamed `step-N.damaged`, so that it stands in nobody's way and is not lost.

    Args:
        folder: where checkpoints live; it need not exist.
    """
    words: list[str] = []
    for path in _all(folder):
        wrong = damage(path)
        if not wrong:
            try:
                return _loaded(path), words
            except (OSError, ValueError, KeyError, WeightsError) as error:
                wrong = str(error)
        words.append(f"skipped the checkpoint {path.name}: {wrong}")
        set_aside(path, "damaged")
    return None, words


def _loaded(path: Path) -> Checkpoint:
    tensors = {part: read(path / f"{part}.safetensors").tensors for part in TENSORS}
    state = json.loads((path / "state.json").read_text("utf-8"))
    return Checkpoint(**tensors, state=state, config=(path / "config.json").read_text("utf-8"))


def damage(path: Path) -> str:
    """Return what is wrong with a checkpoint's folder, "" if every file is as it was written."""
    try:
        manifest: Mapping[str, str] = json.loads((path / MANIFEST).read_text("utf-8"))
        for name, expected in manifest.items():
            with (path / name).open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != expected:
                    return f"{name} is not what was written"
    except (OSError, ValueError, AttributeError) as error:
        return f"it cannot be read ({error})"
    return ""


def set_aside(path: Path, why: str) -> Path | None:
    """Rename what is in the way to `NAME.why`, with a number if that exists; None if it is absent.

    Raises:
        StorageError: it cannot be renamed.
    """
    if not path.exists():
        return None
    names = (path.with_name(f"{path.name}.{why}{number or ''}") for number in itertools.count())
    free = next(name for name in names if not name.exists())
    try:
        return path.rename(free)
    except OSError as error:
        raise StorageError(f"cannot rename {str(path)!r}: {error.strerror}") from error


def prune(folder: Path, keep: int) -> None:
    """Remove all but the last `keep` checkpoints, at least 1."""
    for path in _all(folder)[keep:]:
        _remove(path)


def sweep(folder: Path) -> None:
    """Remove what an interrupted run left half written."""
    for path in folder.glob("step-*.tmp"):
        _remove(path)


def _all(folder: Path) -> list[Path]:
    """List checkpoints, newest first."""
    numbered = [
        (int(path.name.removeprefix("step-")), path)
        for path in folder.glob("step-*")
        if path.name.removeprefix("step-").isdecimal() and path.is_dir()
    ]
    return [path for _, path in sorted(numbered, reverse=True)]
