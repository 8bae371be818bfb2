"""Words as pictures: they fit, they are in the middle, and none is lost."""

import numpy
import pytest

from underpaint.lettering import LONGEST, lettered


def test_words_are_black_on_white_in_the_middle() -> None:
    picture = lettered("steps: 20", 200, 20)
    assert (picture.mode, picture.width) == ("L", 200)
    columns = numpy.flatnonzero((picture.array() < 128).any(axis=0))
    assert columns.size
    assert abs(columns[0] - (199 - columns[-1])) <= 2


def test_a_long_text_takes_more_lines() -> None:
    words = "the quick brown fox jumps over the lazy dog"
    short, long = (lettered(words, width, 16) for width in (1000, 100))
    assert long.height >= 3 * short.height


@pytest.mark.parametrize("width", [1, 7, 40])
def test_a_word_too_long_is_smaller_and_then_broken(width: int) -> None:
    picture = lettered("Donaudampfschifffahrtsgesellschaft", width, 24)
    assert picture.width == width
    assert picture.height > 24


def test_endless_text_ends() -> None:
    assert lettered("ab " * 10_000, 100, 12) == lettered(
        ("ab " * 10_000)[: LONGEST - 1] + "…", 100, 12
    )


def test_nothing_is_one_empty_line() -> None:
    assert set(lettered("", 50, 16).pixels) == {255}
