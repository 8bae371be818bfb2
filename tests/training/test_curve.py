"""The curve shows what fell, and survives what cannot be drawn."""

import math

import numpy

from underpaint.training.curve import HEIGHT, LINE, WIDTH, curve


def rows_of_line(losses: list[tuple[int, float]]) -> tuple[float, float]:
    """Return the mean row of the line in its first and its last tenth."""
    pixels = curve(losses).array()
    rows, columns = numpy.nonzero((pixels == LINE).all(axis=2))
    left = columns.min() + (columns.max() - columns.min()) / 10
    right = columns.max() - (columns.max() - columns.min()) / 10
    return float(rows[columns < left].mean()), float(rows[columns > right].mean())


def test_a_falling_loss_falls() -> None:
    first, last = rows_of_line([(step, 1 / (step + 1)) for step in range(200)])
    assert last > first + HEIGHT / 3


def test_nothing_one_and_impossible_losses_are_drawn_too() -> None:
    for losses in ([], [(10, 0.5)], [(1, 0.0), (2, -1.0), (3, math.nan), (4, math.inf)]):
        picture = curve(losses)
        assert (picture.width, picture.height) == (WIDTH, HEIGHT)


def test_a_level_loss_is_level() -> None:
    first, last = rows_of_line([(step, 0.25) for step in range(50)])
    assert first == last
