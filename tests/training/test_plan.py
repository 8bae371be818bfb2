"""Words for what is seen in a picture."""

import pytest

from underpaint.training.colours import PAINTS
from underpaint.training.plan import SMALL, TINY, on, place, size


@pytest.mark.parametrize(
    ("middle", "said"),
    [
        ((0.5, 0.5), ""),
        ((0.55, 0.45), ""),
        ((0.2, 0.5), " at the left"),
        ((0.8, 0.5), " at the right"),
        ((0.5, 0.3), " at the top"),
        ((0.3, 0.7), " at the bottom left"),
        ((0.7, 0.3), " at the top right"),
    ],
)
def test_places_are_told_from_the_one_who_looks(middle: tuple[float, float], said: str) -> None:
    assert place(middle) == said


def test_sizes_are_told_below_what_is_usual() -> None:
    assert [size(side) for side in (1.0, SMALL, SMALL - 0.01, TINY, TINY - 0.01)] == [
        *["", "", "small", "small", "tiny"]
    ]


@pytest.mark.parametrize("word", PAINTS)
def test_backgrounds_are_told_unless_they_are_white(word: str) -> None:
    an = "an" if word == "orange" else "a"
    assert on(word) == ("" if word == "white" else f" on {an} {word} background")
