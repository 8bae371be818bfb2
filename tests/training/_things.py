"""Cut-outs for tests: plain squares of known colours that say where they are."""

from collections.abc import Sequence
from pathlib import Path

import numpy

from underpaint.media import Image
from underpaint.training.colours import PAINTS
from underpaint.training.cutouts import Cutout, Thing, cut, pack

STYLES = ("3d render", "flat icon")
SIDE = 32


def square(colour: str, *, half: bool = False) -> Image:
    """A square of a paint that fills its picture, or the left half of one."""
    pixels = numpy.zeros((SIDE, SIDE, 4), numpy.uint8)
    pixels[:, : SIDE // 2 if half else SIDE] = (*PAINTS[colour], 255)
    return Image.of(pixels)


def packed(path: Path, colours: Sequence[str] = ("yellow", "red", "blue")) -> Path:
    """Write a file with a banana, an apple and so on, in two styles, of one colour each."""
    names = ("banana", "apple", "knife", "waving hand", "flag: Chile")[: len(colours)]
    things = [
        Thing(f"{index:x}", name, tags=("tag",), names=("anderswo",), people="hand" in name)
        for index, name in enumerate(names)
    ]

    def pictures() -> list[tuple[Cutout, bytes]]:
        return [
            (cut(square(colour), thing=index, style=style), square(colour).png())
            for index, colour in enumerate(colours)
            for style in STYLES
        ]

    pack(path, things, pictures())
    return path
