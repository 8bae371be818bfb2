"""Things cut out of their background, thousands of them in one small file.

Each is a picture with transparency, kept as WebP, with what is known of it: which thing, in which
style, of which colour, and to which other colours its hue can be turned. The file is made once and
is all that a training run needs to compose pictures from; it travels where packages do not.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy
import torch
from torch import Tensor

from underpaint.errors import TrainingError, WeightsError
from underpaint.media import Image
from underpaint.training.colours import TOLD, dominant, turns
from underpaint.weights.checkpoint import read, save

__all__ = ["SIDE", "Cutout", "Cutouts", "Thing", "cut", "load", "pack"]

QUALITY = 60
"""Of the WebP files: 3 to 5 KB for 256x256."""

SIDE = 256
"""Width and height at which they are kept, pixels."""

LOOKED_AT = 64
"""Side at which colours are looked at, pixels."""


@dataclass(frozen=True, slots=True)
class Thing:
    """What can be painted, whatever it looks like.

    Attributes:
        code: names it for good, such as "1f34c".
        name: what it is called, "banana".
        tags: words that go with it, "fruit".
        names: what it is called elsewhere, "plátano", the same for each language.
        people: it has skin tones.
    """

    code: str
    name: str
    tags: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    people: bool = False


@dataclass(frozen=True, slots=True)
class Cutout:
    """One picture of a thing.

    Attributes:
        thing: its place among the things.
        style: what it looks like, "flat icon".
        weight: how often it is shown, beside 1 for most.
        colour: what most of it is coloured like, "" if nothing is.
        turns: degrees by which its hue is turned to be of another colour, by that one's word.
    """

    thing: int
    style: str
    weight: float
    colour: str
    turns: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Cutouts:
    """All of a file.

    Attributes:
        things: what there is.
        marks: one for each picture.
        pixels: (N, side, side, 4) uint8, red, green, blue, cover.
        fingerprint: names exactly these pictures and words.
    """

    things: tuple[Thing, ...]
    marks: tuple[Cutout, ...]
    pixels: Tensor
    fingerprint: str

    def __len__(self) -> int:
        """Return how many pictures there are."""
        return len(self.marks)

    def rows(self, style: str) -> list[int]:
        """Return the places of the pictures in a style."""
        return [row for row, mark in enumerate(self.marks) if mark.style == style]


def cut(picture: Image, *, thing: int, style: str, weight: float = 1.0) -> Cutout:
    """Return what is known of a cut-out once its colours have been looked at.

    Args:
        picture: with transparency.
        thing: its place among the things.
        style: what it looks like.
        weight: how often it is shown.
    """
    small = torch.from_numpy(_with_cover(picture.resized(LOOKED_AT, LOOKED_AT).array()))
    colours, cover = small[..., :3], small[..., 3].float() / 255
    word, share = dominant(colours, cover)
    told = word if share > TOLD else ""
    return Cutout(thing, style, weight, told, turns(colours, cover))


def pack(path: Path, things: Sequence[Thing], pictures: Iterable[tuple[Cutout, bytes]]) -> None:
    """Write cut-outs as one file.

    Args:
        path: of the file.
        things: what they show.
        pictures: what is known of each, and the bytes of its picture file.

    Raises:
        TrainingError: there are none.
        StorageError: it cannot be written.
    """
    marks: list[dict[str, Any]] = []
    streams: list[bytes] = []
    for mark, stream in pictures:
        marks.append(asdict(mark))
        streams.append(stream)
    if not marks:
        raise TrainingError(f"there are no cut-outs to write to {str(path)!r}")
    index = json.dumps({"things": [asdict(thing) for thing in things], "pictures": marks})
    ends = numpy.cumsum([len(stream) for stream in streams], dtype=numpy.int64)
    tensors = {
        "index": _bytes(index.encode()),
        "pictures": _bytes(b"".join(streams)),
        "ends": torch.from_numpy(ends),
    }
    save(path, tensors, {"underpaint.kind": "cutouts"})


def load(path: Path, side: int) -> Cutouts:
    """Read a file of cut-outs.

    Args:
        path: what `pack` wrote.
        side: wanted width and height of the pictures, pixels.

    Raises:
        TrainingError: it is no such file, or not whole.
    """
    try:
        tensors = read(path).tensors
        index = json.loads(tensors["index"].numpy().tobytes())
        stream, ends = tensors["pictures"].numpy().tobytes(), tensors["ends"].tolist()
        things = tuple(Thing(**_tuples(thing)) for thing in index["things"])
        marks = tuple(Cutout(**mark) for mark in index["pictures"])
    except (WeightsError, KeyError, ValueError, TypeError) as error:
        raise TrainingError(f"{str(path)!r} is no file of cut-outs: {error}") from error
    if len(ends) != len(marks):
        raise TrainingError(f"{str(path)!r} has {len(marks)} cut-outs and {len(ends)} pictures")

    pixels = torch.empty(len(marks), side, side, 4, dtype=torch.uint8)
    starts = [0, *ends[:-1]]
    for row, (start, end) in enumerate(zip(starts, ends, strict=True)):
        picture = Image.decode(stream[start:end]).resized(side, side)
        pixels[row] = torch.from_numpy(_with_cover(picture.array()))
    digest = hashlib.sha256(json.dumps(index, sort_keys=True).encode() + stream)
    return Cutouts(things, marks, pixels, digest.hexdigest())


def _with_cover(pixels: numpy.ndarray) -> numpy.ndarray:
    """Return (H, W, 4); a picture without transparency covers all of it."""
    if pixels.shape[-1] == 4:
        return pixels
    return numpy.concatenate([pixels, numpy.full((*pixels.shape[:2], 1), 255, numpy.uint8)], -1)


def _bytes(data: bytes) -> Tensor:
    return torch.from_numpy(numpy.frombuffer(data, numpy.uint8).copy())


def _tuples(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()}
