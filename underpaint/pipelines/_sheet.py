"""Pictures in rows and columns on one sheet, with what is written beside them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy
from numpy.typing import NDArray

from underpaint.lettering import lettered
from underpaint.media import Image

MOST_PIXELS = 32 * 2**20
GAP = 8
WHITE = 255


@dataclass(frozen=True, slots=True)
class Legend:
    """What is written beside the pictures of a sheet; "" for nothing.

    Attributes:
        columns: above each column.
        rows: left of each row.
        blocks: above each block of columns.
    """

    columns: Sequence[str]
    rows: Sequence[str]
    blocks: Sequence[str]

    @property
    def pictures(self) -> int:
        """How many pictures there are."""
        return len(self.columns) * len(self.rows) * len(self.blocks)


def sheet(pictures: Sequence[Image], legend: Legend, *, margin: int = 0) -> Image:
    """Return pictures in rows and columns, block beside block, RGB.

    Where the sheet would have more than 32 megapixels, its pictures are shown smaller.

    Args:
        pictures: row by row and block by block; smaller ones stand in the middle of their place.
        legend: what is written beside them, and how many there are.
        margin: pixels between two of them.
    """
    assert len(pictures) == legend.pictures, f"{len(pictures)} pictures of {legend.pictures}"
    width, height = (max(getattr(one, side) for one in pictures) for side in ("width", "height"))
    shrink = min(1.0, math.sqrt(MOST_PIXELS / (legend.pictures * width * height)))
    width, height = (max(1, int(side * shrink)) for side in (width, height))

    size, rows = max(12, min(32, width // 16)), len(legend.rows)
    left = _left(legend.rows, round(width * 0.75), size, height)
    above = _above(legend.columns, width, size)
    blocks: list[NDArray[numpy.uint8]] = []
    for number, title in enumerate(legend.blocks):
        count = len(legend.columns) * rows
        cells = [
            _placed(picture, width, height, shrink)
            for picture in pictures[number * count : (number + 1) * count]
        ]
        lines = [
            _joined(cells[row * len(legend.columns) :][: len(legend.columns)], margin)
            for row in range(rows)
        ]
        block = _joined(lines, margin, down=True)
        head = _joined(above, margin)
        body = numpy.hstack([_joined(left, margin, down=True), block])
        head = numpy.hstack([_paper(left[0].shape[1], head.shape[0]), head])
        whole = numpy.vstack([head, body])
        blocks.append(numpy.vstack([_written(title, whole.shape[1], size + 4), whole]))
    return Image.of(_joined(blocks, max(margin, GAP) if len(blocks) > 1 else 0))


def _placed(picture: Image, width: int, height: int, shrink: float) -> NDArray[numpy.uint8]:
    """Return a picture in the middle of its place, (height, width, 3)."""
    if shrink < 1:
        sides = (
            min(width, max(1, int(picture.width * shrink))),
            min(height, max(1, int(picture.height * shrink))),
        )
        picture = picture.resized(*sides)
    top, left = (height - picture.height) // 2, (width - picture.width) // 2
    place = _paper(width, height)
    place[top : top + picture.height, left : left + picture.width] = picture.rgb().array()
    return place


def _above(texts: Sequence[str], width: int, size: int) -> list[NDArray[numpy.uint8]]:
    """Return what is written above columns, all of it as high as the highest."""
    written = [_written(text, width, size) for text in texts]
    height = max(each.shape[0] for each in written)
    return [_centred(each, width, height) for each in written]


def _left(texts: Sequence[str], width: int, size: int, height: int) -> list[NDArray[numpy.uint8]]:
    """Return what is written left of rows, each as high as a picture."""
    width = width if any(texts) else 0
    return [
        _centred(_written(text, max(1, width), size)[:height, :width], width, height)
        for text in texts
    ]


def _written(text: str, width: int, size: int) -> NDArray[numpy.uint8]:
    """Return a text as a picture with some room around it, (h, width, 3); no rows for no text."""
    if not text:
        return _paper(width, 0)
    words = lettered(text, max(1, width - GAP), size).rgb().array()
    return _centred(words, width, words.shape[0] + GAP)


def _centred(part: NDArray[numpy.uint8], width: int, height: int) -> NDArray[numpy.uint8]:
    paper = _paper(width, height)
    top, left = max(0, (height - part.shape[0]) // 2), max(0, (width - part.shape[1]) // 2)
    cut = part[:height, :width]
    paper[top : top + cut.shape[0], left : left + cut.shape[1]] = cut
    return paper


def _joined(
    parts: Sequence[NDArray[numpy.uint8]], margin: int, *, down: bool = False
) -> NDArray[numpy.uint8]:
    """Return parts side by side, or one below the other, with room between them."""
    height, width = parts[0].shape[:2]
    between = _paper(width, margin) if down else _paper(margin, height)
    spaced = [each for part in parts for each in (between, part)][1:]
    return numpy.vstack(spaced) if down else numpy.hstack(spaced)


def _paper(width: int, height: int) -> NDArray[numpy.uint8]:
    return numpy.full((height, width, 3), WHITE, numpy.uint8)
