"""The curve of a run's loss, drawn dot by dot: a plotting library would outweigh all the rest."""

import math
from collections.abc import Sequence

import numpy
from numpy.typing import NDArray

from underpaint.media import Image

__all__ = ["curve"]

WIDTH, HEIGHT, MARGIN = 960, 480, 48
INK, FRAME, DOT, LINE = (60, 60, 60), (205, 205, 205), (180, 200, 235), (30, 100, 200)
SMOOTHED = 20
"""Losses that the running mean runs over, once there are four times as many."""

FONT = {
    **{"0": "75557", "1": "26227", "2": "71747", "3": "71717", "4": "55711", "5": "74717"},
    **{"6": "74757", "7": "71111", "8": "75757", "9": "75717"},
    **{".": "00002", "-": "00700", "+": "02720", "e": "07647", " ": "00000"},
}
"""Five rows a sign, each row's three dots as an octal digit."""

Canvas = NDArray[numpy.uint8]
Colour = tuple[int, int, int]


def curve(losses: Sequence[tuple[int, float]]) -> Image:
    """Draw losses over steps: each as a dot, their running mean as a line, logarithmic.

    Highest and lowest loss stand at the left, first and last step below.

    Args:
        losses: (step, loss) pairs, steps rising; those not above 0 cannot be shown and are not.

    Returns:
        A picture of 960 by 480.
    """
    canvas = numpy.full((HEIGHT, WIDTH, 3), 255, numpy.uint8)
    for row in (MARGIN, HEIGHT - MARGIN):
        canvas[row, MARGIN : WIDTH - MARGIN] = FRAME
    for column in (MARGIN, WIDTH - MARGIN):
        canvas[MARGIN : HEIGHT - MARGIN + 1, column] = FRAME

    shown = [(step, math.log10(loss)) for step, loss in losses if 0 < loss < math.inf]
    if shown:
        _plot(canvas, [step for step, _ in shown], [value for _, value in shown])
    return Image.of(canvas)


def _plot(canvas: Canvas, steps: Sequence[int], values: Sequence[float]) -> None:
    low, high = min(values), max(values)
    along = _spread(steps, MARGIN, WIDTH - MARGIN)
    for column, row in zip(along, _spread([low, high, *values], *ROWS)[2:], strict=True):
        _dot(canvas, column, row, DOT)

    means = _spread([low, high, *_running(values)], *ROWS)[2:]
    for column in range(round(along[0]), round(along[-1]) + 1):
        _dot(canvas, column, float(numpy.interp(column, along, means)), LINE)

    _write(canvas, 4, MARGIN - 8, f"{10**high:.3g}")
    _write(canvas, 4, HEIGHT - MARGIN - 8, f"{10**low:.3g}")
    _write(canvas, MARGIN, HEIGHT - MARGIN + 12, str(steps[0]))
    _write(canvas, WIDTH - 2 * MARGIN, HEIGHT - MARGIN + 12, str(steps[-1]))


ROWS = (HEIGHT - MARGIN - 4, MARGIN + 4)


def _spread(values: Sequence[float], first: float, last: float) -> list[float]:
    """Return places between `first`, for the lowest value, and `last`, for the highest."""
    low, high = min(values), max(values)
    return [first + (value - low) / max(1e-9, high - low) * (last - first) for value in values]


def _running(values: Sequence[float]) -> list[float]:
    mean, means = values[0], []
    for index, value in enumerate(values):
        mean += (value - mean) / min(1 + index // 4, SMOOTHED)
        means.append(mean)
    return means


def _dot(canvas: Canvas, column: float, row: float, colour: Colour) -> None:
    left, top = round(column), round(row)
    canvas[top - 1 : top + 2, left - 1 : left + 2] = colour


def _write(canvas: Canvas, left: int, top: int, text: str) -> None:
    """Write a number, each of a sign's dots 3 by 3 pixels."""
    for sign in text:
        for row, bits in enumerate(FONT[sign]):
            for column in range(3):
                if int(bits) >> (2 - column) & 1:
                    place = top + 3 * row, left + 3 * column
                    canvas[place[0] : place[0] + 3, place[1] : place[1] + 3] = INK
        left += 12
