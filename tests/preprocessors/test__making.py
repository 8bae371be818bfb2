"""Preprocessors by name."""

import pytest

from underpaint.errors import UnknownEntryError
from underpaint.media import Image
from underpaint.preprocessors import canny, scribble
from underpaint.preprocessors._making import made


def test_settings_are_as_usual_unless_given(square: Image) -> None:
    assert made(square, "canny") == canny.control(square, 100.0, 200.0)
    assert made(square, "canny", None, None) == canny.control(square, 100.0, 200.0)
    assert made(square, "canny", None, 250.0) == canny.control(square, 100.0, 250.0)
    assert made(square, "scribble", 8.0, None) == scribble.control(square, 8.0)
    assert made(square, "none", None, None) == square


def test_another_is_refused(square: Image) -> None:
    with pytest.raises(UnknownEntryError, match="no 'depth_midas' in preprocessors"):
        made(square, "depth_midas")
