"""Black and white."""

import numpy

from underpaint.media import Image
from underpaint.preprocessors import threshold


def test_what_is_brighter_is_white() -> None:
    levels = numpy.array([[0, 126, 127, 128, 255]], numpy.uint8)
    found = threshold.control(Image.of(levels), 127.0)
    assert found.mode == "RGB"
    assert found.array()[0, :, 1].tolist() == [0, 0, 0, 255, 255]
