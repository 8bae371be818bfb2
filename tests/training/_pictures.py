"""What the tests of folders and data sets share: plain pictures, and the end of a walk."""

from collections.abc import Generator
from pathlib import Path
from typing import TypeVar

import numpy

from underpaint.events import Event
from underpaint.media import Image
from underpaint.training.events import Noted

T = TypeVar("T")


def ended(walk: Generator[Event, None, T]) -> tuple[T, list[Event]]:
    """Run to the end: what comes out, and what was said on the way."""
    said: list[Event] = []
    while True:
        try:
            said.append(next(walk))
        except StopIteration as stop:
            return stop.value, said


def plain(folder: Path, name: str, colour: tuple[int, ...], size: tuple[int, int] = (8, 8)) -> Path:
    """Write a picture of one colour."""
    pixels = numpy.empty((*size, len(colour)), numpy.uint8)
    pixels[:] = colour
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(Image.of(pixels).png())
    return path


def notes(said: list[Event]) -> list[str]:
    """What a person was told on the way."""
    return [event.what for event in said if isinstance(event, Noted)]
