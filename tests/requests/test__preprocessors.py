"""The names of what makes control pictures."""

import pytest

from underpaint.errors import UnknownEntryError
from underpaint.requests._preprocessors import label, preprocessor_id, preprocessors, settings


def test_none_goes_first() -> None:
    known = preprocessors()
    assert known[0] == "none"
    assert {"canny", "invert", "lineart", "scribble"} <= set(known)


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("None", "none"),
        ("canny", "canny"),
        ("scribble_xdog", "scribble"),
        ("invert (from white bg & black line)", "invert"),
        ("lineart_standard", "lineart"),
        ("Blur_Gaussian", "blur"),
    ],
)
def test_every_name_they_are_known_by(name: str, id: str) -> None:
    assert preprocessor_id(name) == id
    assert preprocessor_id(label(id)) == id


def test_another_is_refused_and_those_there_are_are_listed() -> None:
    with pytest.raises(UnknownEntryError, match=r"no 'depth_midas' .* none, blur, canny"):
        preprocessor_id("depth_midas")


def test_settings_are_named_as_in_the_menu() -> None:
    low, high = settings("canny")
    assert (low.label, low.usual, low.least, low.most) == ("Low Threshold", 100, 1, 255)
    assert high.usual == 200
    assert settings("none") == ()
