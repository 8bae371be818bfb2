"""The picture as it is."""

from underpaint.media import Image
from underpaint.preprocessors import none


def test_nothing_is_done(square: Image) -> None:
    assert none.control(square) == square
    assert none.control(square.grey()) == square
