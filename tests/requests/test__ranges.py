"""Ranges of numbers: spread as they say, and refused where they never end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from underpaint.errors import RequestError
from underpaint.requests._fields import Field
from underpaint.requests._ranges import spread

WHOLE, REAL, WORDS = Field("steps", int), Field("strength", float), Field("model", str)


@given(st.integers(-999, 999), st.integers(-999, 999), st.integers(2, 50))
def test_a_number_of_values_begins_and_ends_where_it_says(
    first: int, last: int, count: int
) -> None:
    for field in (WHOLE, REAL):
        found = list(spread(field, [f"{first} - {last} [{count}]"]))
        assert len(found) == count
        assert (float(found[0]), float(found[-1])) == (first, last)


def test_steps_are_exact_in_tenths() -> None:
    assert list(spread(REAL, ["0-1 (+0.1)"])) == [
        "0",
        "0.1",
        "0.2",
        "0.3",
        "0.4",
        "0.5",
        "0.6",
        "0.7",
        "0.8",
        "0.9",
        "1",
    ]
    assert list(spread(REAL, ["1-0 (-0.5)"])) == ["1", "0.5", "0"]


def test_words_are_words() -> None:
    assert list(spread(WORDS, ["1-5", "v1-5-pruned"])) == ["1-5", "v1-5-pruned"]


def test_negative_numbers_are_no_ranges() -> None:
    assert list(spread(WHOLE, ["-1", "+2", "-3--1"])) == ["-1", "2", "-3", "-2", "-1"]


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("ten", "steps is 'ten'; it must be a whole number, or a range like"),
        ("1.5", "steps is '1.5'; it must be a whole number"),
        ("5-1 (+1)", "steps of 1 never get from 5 to 1"),
        ("1-5 (+0)", "steps of 0 never get from 1 to 5"),
    ],
)
def test_what_is_no_number_is_told(word: str, sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence.replace("(", r"\(")):
        list(spread(WHOLE, [word]))
