"""What the preprocessors share."""

import numpy
import pytest

from underpaint.media import Image
from underpaint.preprocessors import _filters


def test_a_point_becomes_a_gaussian() -> None:
    point = numpy.zeros((41, 41), numpy.float32)
    point[20, 20] = 1
    found = _filters.blurred(point, 3.0)
    distances = numpy.arange(-20, 21) ** 2
    wanted = numpy.exp(-(distances[:, None] + distances) / 18) / (18 * numpy.pi)
    assert numpy.abs(found - wanted).max() < 1e-3
    assert found.sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("sigma", [0.5, 5.0, 30.0])
def test_evenness_stays_to_the_edges(sigma: float) -> None:
    even = numpy.full((4, 7, 3), 100, numpy.float32)
    assert numpy.allclose(_filters.blurred(even, sigma), 100, atol=1e-3)


def test_pictures_become_numbers_and_pictures_again() -> None:
    levels = numpy.arange(12, dtype=numpy.uint8).reshape(2, 2, 3)
    assert (_filters.picture(_filters.levels(Image.of(levels))).array() == levels).all()
    lines = numpy.array([[-5.0, 254.6, 300.0]], numpy.float32)
    assert _filters.picture(lines).array().tolist() == [[[0] * 3, [255] * 3, [255] * 3]]
