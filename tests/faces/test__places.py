"""The options that many verbs share."""

from pathlib import Path

import pytest

from underpaint.errors import RequestError
from underpaint.faces import _places


def test_places_are_those_named_or_the_usual_ones() -> None:
    assert _places.folders({"models": ["a", "b"]}) == (Path("a"), Path("b"))
    assert _places.folders({"models": None}) == (Path("models"),)
    assert _places.pictures({"out": None}) == Path("outputs")
    assert _places.pictures({"out": "here"}) == Path("here")


def test_threads_are_a_number_or_left_open() -> None:
    assert _places.threads({"threads": None}) is None
    assert _places.threads({"threads": "8"}) == 8
    for text in ("0", "-1", "many", "1025"):
        with pytest.raises(RequestError, match=f"threads is '{text}'; it must be a whole number"):
            _places.threads({"threads": text})


def test_every_option_has_a_name_of_its_own() -> None:
    names = [each.name for each in (_places.models(), _places.out(), *_places.computing())]
    assert names == ["models", "out", "device", "dtype", "threads"]
