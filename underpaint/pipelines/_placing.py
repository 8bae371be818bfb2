"""How a picture comes to another size, and which part of one is painted by itself."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy
from numpy.typing import NDArray

from underpaint.errors import RequestError
from underpaint.media import MAX_PIXELS, Image
from underpaint.requests._repainting import Resize

Scale = Callable[[Image, int, int], Image]


class Box(NamedTuple):
    """A part of a picture, in pixels from its upper left corner."""

    left: int
    top: int
    width: int
    height: int

    def cut(self, picture: Image) -> Image:
        """Return this part of a picture."""
        rows = slice(self.top, self.top + self.height)
        return Image.of(picture.array()[rows, self.left : self.left + self.width])

    def put(self, part: Image, picture: Image) -> Image:
        """Return a picture with this part of it another; `part` is of this size."""
        levels = picture.array()
        rows = slice(self.top, self.top + self.height)
        levels[rows, self.left : self.left + self.width] = part.array()
        return Image.of(levels)


def placed(
    picture: Image, way: Resize, width: int, height: int, *, scale: Scale = Image.resized
) -> Image:
    """Return a picture at a size.

    Args:
        picture: of any size.
        way: ``crop`` keeps its proportions and cuts off what stands out on two sides; ``fill``
            keeps them and goes on with the colours of its edges where it does not reach; any
            other stretches it.
        width: wanted, in pixels.
        height: wanted, in pixels.
        scale: brings a picture to a width and a height.

    Raises:
        RequestError: its proportions are too far from those wanted to be cropped to them.
    """
    across, down = width / picture.width, height / picture.height
    if way not in ("crop", "fill") or across == down:
        return scale(picture, width, height)
    factor = max(across, down) if way == "crop" else min(across, down)
    sides = [max(1, round(side * factor)) for side in (picture.width, picture.height)]
    if math.prod(sides) > MAX_PIXELS:
        raise RequestError(
            f"resize is 'crop'; a picture of {picture.width}x{picture.height} is too slim to be "
            f"cropped to {width}x{height}"
        )
    scaled = scale(picture, *sides)
    rows, columns = _within(scaled.height, height), _within(scaled.width, width)
    return Image.of(scaled.array()[rows][:, columns])


def _within(given: int, wanted: int) -> NDArray[numpy.int64]:
    """Return which of the given positions stands at each wanted one, middle on middle."""
    return numpy.clip(numpy.arange(wanted) - (wanted - given) // 2, 0, given - 1)


def region(mask: Image, width: int, height: int, *, padding: int) -> Box:
    """Return the part of a picture to paint: what is to be repainted and some way around it.

    Args:
        mask: grey, 0 = keep. Without anything to repaint, all of it is the part.
        width: the part is painted at; where the picture reaches, the part has these proportions.
        height: likewise.
        padding: pixels around what is to be repainted.
    """
    levels = mask.array()
    rows, columns = (numpy.flatnonzero(levels.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return Box(0, 0, mask.width, mask.height)
    left, right = max(0, columns[0] - padding), min(mask.width, columns[-1] + 1 + padding)
    top, bottom = max(0, rows[0] - padding), min(mask.height, rows[-1] + 1 + padding)

    wanted = round((bottom - top) * width / height), round((right - left) * height / width)
    left, across = _grown(int(left), int(right), wanted[0], mask.width)
    top, down = _grown(int(top), int(bottom), wanted[1], mask.height)
    return Box(left, top, across, down)


def _grown(start: int, end: int, wanted: int, limit: int) -> tuple[int, int]:
    """Return start and length of a stretch grown on both sides, inside 0..limit."""
    length = min(max(wanted, end - start), limit)
    start -= (length - (end - start)) // 2
    return min(max(start, 0), limit - length), length
