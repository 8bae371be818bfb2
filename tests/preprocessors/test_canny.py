"""Edges of drawn shapes."""

import numpy
from numpy.typing import NDArray

from underpaint.media import Image
from underpaint.preprocessors import canny


def edges(picture: Image, low: float = 100, high: float = 200) -> NDArray[numpy.bool_]:
    levels = canny.control(picture, low, high).array()
    assert set(numpy.unique(levels)) <= {0, 255}
    return levels[..., 0] > 0


def test_the_edge_of_a_square_is_a_closed_line_one_pixel_thin(square: Image) -> None:
    found = edges(square)
    assert set(numpy.flatnonzero(found[24])) <= {11, 12, 35, 36}
    assert found[24].sum() == found[:, 24].sum() == 2
    assert found[14:34].sum(axis=1).tolist() == [2] * 20
    assert not found[:10].any()
    assert not found[14:34, 14:34].any()


def test_an_even_picture_has_no_edge() -> None:
    assert not edges(Image.of(numpy.full((9, 9, 3), 77, numpy.uint8))).any()


def test_a_slope_is_one_thin_line() -> None:
    rows, columns = numpy.mgrid[:40, :40]
    found = edges(Image.of(((columns > rows) * 255).astype(numpy.uint8)))
    assert found[5:35].sum(axis=1).max() <= 2
    assert all(found[row, row - 1 : row + 3].any() for row in range(5, 35))


def test_a_round_shape_stays_closed() -> None:
    rows, columns = numpy.mgrid[:64, :64]
    inside = (rows - 31.5) ** 2 + (columns - 31.5) ** 2 < 20**2
    found = edges(Image.of((inside * 255).astype(numpy.uint8)))
    angles = numpy.degrees(numpy.arctan2(*(numpy.argwhere(found) - 31.5).T))
    assert numpy.diff(numpy.sort(angles)).max() < 6
    distances = numpy.hypot(*(numpy.argwhere(found) - 31.5).T)
    assert distances.min() > 18
    assert distances.max() < 22


def test_what_is_weak_counts_only_where_it_goes_on_from_what_is_strong() -> None:
    levels = numpy.zeros((20, 40), numpy.uint8)
    levels[10:, :20] = numpy.linspace(80, 30, 20).astype(numpy.uint8)  # fades to the right
    levels[10:, 26:] = 40  # weak by itself
    found = edges(Image.of(levels), 100, 250)
    assert found[8:12, 4].any()  # from here
    assert found[8:12, 17].any()  # on to here, where it is weak
    assert not found[8:12, 30:].any()
    assert edges(Image.of(levels), 100, 110)[8:12, 30].any()


def test_of_the_colours_that_counts_which_differs_most() -> None:
    levels = numpy.zeros((20, 20, 3), numpy.uint8)
    levels[:, 10:, 2] = 200
    assert edges(Image.of(levels))[:, 9:11].any(axis=1).all()


def test_the_thresholds_may_change_places(square: Image) -> None:
    assert (edges(square, 30, 200) == edges(square, 200, 30)).all()
