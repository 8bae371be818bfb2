"""Scribbles of drawn shapes."""

import numpy

from underpaint.media import Image
from underpaint.preprocessors import scribble


def test_a_dark_line_becomes_a_white_one(drawing: Image) -> None:
    found = scribble.control(drawing, 32.0).array()[..., 0]
    assert set(numpy.unique(found)) == {0, 255}
    assert (found[23:25, 8:40] == 255).all()
    assert not found[:18].any()
    assert not found[30:].any()


def test_a_light_line_is_none(drawing: Image) -> None:
    negative = Image.of(255 - drawing.array())
    found = scribble.control(negative, 32.0).array()[..., 0]
    assert not found[23:25, 8:40].any()


def test_a_lower_threshold_sees_fainter_lines() -> None:
    levels = numpy.full((48, 48, 3), 255, numpy.uint8)
    levels[23:25] = 245
    faint = Image.of(levels)
    assert not scribble.control(faint, 32.0).array().any()
    assert scribble.control(faint, 8.0).array()[23:25].all()
