"""The edges of what a picture shows, one pixel thin.

Paper: Canny 1986, doi:10.1109/TPAMI.1986.4767851; without its first smoothing, and with sums of
Sobel's differences for strengths, as in OpenCV, whose thresholds people know by heart.
"""

import numpy
from numpy.typing import NDArray

from underpaint.media import Image
from underpaint.preprocessors import _filters
from underpaint.preprocessors._filters import Levels

LABEL = "canny"
SETTINGS = (("Low Threshold", 100.0, 1.0, 255.0), ("High Threshold", 200.0, 1.0, 255.0))

FLAT = 0.41421356
"""The tangent of 22.5 degrees; its inverse is that of 67.5."""

Mask = NDArray[numpy.bool_]


def control(picture: Image, low: float, high: float) -> Image:
    """Return white edges on black, RGB.

    Args:
        picture: of any size.
        low: strength above which an edge goes on, 1..255.
        high: strength above which an edge begins; if it is below `low`, they change places.
    """
    low, high = sorted((low, high))
    across, down = _slopes(_filters.levels(picture))
    strength = numpy.abs(across) + numpy.abs(down)
    ridge = _ridge(strength, across, down)
    edges = _connected(ridge & (strength > high), ridge & (strength > low))
    return _filters.picture(edges * numpy.float32(_filters.MOST))


def _slopes(levels: Levels) -> tuple[Levels, Levels]:
    """Return Sobel's differences across and down, of the colour that differs most."""
    wide = numpy.pad(levels, ((1, 1), (1, 1), (0, 0)), mode="edge")
    sides = wide[:-2] + 2 * wide[1:-1] + wide[2:]
    heights = wide[:, :-2] + 2 * wide[:, 1:-1] + wide[:, 2:]
    across, down = sides[:, 2:] - sides[:, :-2], heights[2:] - heights[:-2]
    most = (numpy.abs(across) + numpy.abs(down)).argmax(axis=2)[..., None]
    across, down = (
        numpy.take_along_axis(each, most, axis=2)[..., 0].astype(numpy.float32)
        for each in (across, down)
    )
    return across, down


def _ridge(strength: Levels, across: Levels, down: Levels) -> Mask:
    """Return where nothing is stronger just before and behind, seen along the slope."""
    steep, wide = numpy.abs(down), numpy.abs(across)
    level, upright = steep < FLAT * wide, FLAT * steep > wide
    rising = (across < 0) == (down < 0)
    over = numpy.pad(strength, 1)

    def beside(rows: int, columns: int) -> Levels:
        height, width = strength.shape
        return over[1 + rows : 1 + rows + height, 1 + columns : 1 + columns + width]

    return numpy.select(
        [level, upright, rising],
        [
            (strength > beside(0, -1)) & (strength >= beside(0, 1)),
            (strength > beside(-1, 0)) & (strength >= beside(1, 0)),
            (strength > beside(-1, -1)) & (strength > beside(1, 1)),
        ],
        (strength > beside(-1, 1)) & (strength > beside(1, -1)),
    )


def _connected(strong: Mask, weak: Mask) -> Mask:
    """Return what is strong, and what is weak and goes on from there, pixel by pixel."""
    waiting, found = numpy.pad(weak & ~strong, 1), numpy.pad(strong, 1)
    row = waiting.shape[1]
    around = numpy.array([-row - 1, -row, -row + 1, -1, 1, row - 1, row, row + 1])
    left, seen = waiting.ravel(), found.ravel()
    ends = numpy.flatnonzero(seen)
    while ends.size:
        near = (ends[:, None] + around).ravel()
        ends = numpy.unique(near[left[near]])
        left[ends], seen[ends] = False, True
    return found[1:-1, 1:-1]
