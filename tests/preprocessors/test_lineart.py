"""Lines of drawings."""

import numpy

from underpaint.media import Image
from underpaint.preprocessors import lineart


def test_lines_are_light_and_the_paper_is_black(drawing: Image) -> None:
    found = lineart.control(drawing).array()[..., 0].astype(int)
    assert found[23:25, 10:38].min() > 100
    assert found[:8].max() < 8


def test_how_dark_all_is_makes_little_difference(drawing: Image) -> None:
    pale = Image.of((255 - (255 - drawing.array().astype(int)) // 2).astype(numpy.uint8))
    one, other = (lineart.control(each).array().astype(int) for each in (drawing, pale))
    assert numpy.abs(one - other).max() <= 4


def test_an_even_picture_has_no_lines() -> None:
    assert not lineart.control(Image.of(numpy.full((9, 9, 3), 77, numpy.uint8))).array().any()
