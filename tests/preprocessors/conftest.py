"""Drawn shapes."""

import numpy
import pytest

from underpaint.media import Image

SIDE = 48


@pytest.fixture
def square() -> Image:
    """A white square, 24 pixels a side, in the middle of black."""
    levels = numpy.zeros((SIDE, SIDE, 3), numpy.uint8)
    levels[12:36, 12:36] = 255
    return Image.of(levels)


@pytest.fixture
def drawing() -> Image:
    """A black line, two pixels wide, from left to right over white."""
    levels = numpy.full((SIDE, SIDE, 3), 255, numpy.uint8)
    levels[23:25, 4:44] = 0
    return Image.of(levels)
