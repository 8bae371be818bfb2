"""Smoothing."""

import numpy

from underpaint.media import Image
from underpaint.preprocessors import blur


def test_a_wider_gaussian_smooths_more(square: Image) -> None:
    steps = [
        numpy.abs(numpy.diff(blur.control(square, sigma).array().astype(int), axis=1)).max()
        for sigma in (0.01, 1.0, 4.0, 16.0)
    ]
    assert steps == sorted(steps, reverse=True)
    assert steps[0] == 255
    assert steps[-1] < 12


def test_the_mean_stays(square: Image) -> None:
    assert abs(blur.control(square, 4.0).array().mean() - square.array().mean()) < 1
