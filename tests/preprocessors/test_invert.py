"""Negatives."""

import numpy

from underpaint.media import Image
from underpaint.preprocessors import invert


def test_twice_is_the_picture(square: Image) -> None:
    assert (invert.control(square).array() == 255 - square.array()).all()
    assert invert.control(invert.control(square)) == square


def test_what_is_transparent_is_paper() -> None:
    levels = numpy.zeros((2, 2, 4), numpy.uint8)
    levels[0, 0, 3] = 255
    assert invert.control(Image.of(levels)).array()[..., 0].tolist() == [[255, 0], [0, 0]]
