"""The data of the next mini: what is taken from the packages, and what is held out."""

import sys
from pathlib import Path

import pytest

from tests.training.recipes._sets import unpacked
from underpaint.errors import TrainingError
from underpaint.media import Image
from underpaint.training.recipes import _styles
from underpaint.training.recipes._styles import (
    FLAG,
    LANGUAGES,
    LIST,
    STYLES,
    TONED,
    Sets,
    drawn_out,
    held_out,
    rendered,
    things,
)


def test_things_are_named_in_all_languages(tmp_path: Path) -> None:
    found = {thing.code: thing for thing in things(unpacked(tmp_path))}
    banana = found["1f34c"]
    assert (banana.name, banana.tags, banana.people) == ("banana", ("fruit", "yellow"), False)
    assert banana.names == tuple(f"banana {language}" for language in LANGUAGES)
    assert found["1f44b"].people
    assert found["1f1e8-1f1f1"].name == "flag of chile"
    assert not {"1f3fb", "1f1e6"} & found.keys()


def test_flags_and_skin_tones_come_rarely(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_styles, "TONES", 1)
    often = {thing.code: weight for thing, weight in things(unpacked(tmp_path)).items()}
    assert often["1f34c"] == often["1f44b"] == 1
    assert often["1f1e8-1f1f1"] == FLAG
    tones = [code for code in often if code.startswith("1f44b-")]
    assert len(tones) == 5
    assert {often[code] for code in tones} == {TONED}


def test_pictures_of_a_thing_come_in_the_styles_that_have_it(tmp_path: Path) -> None:
    sets = Sets(unpacked(tmp_path))
    found = list(things(tmp_path))
    names = [(found[place].name, style) for place, style, _ in sets.all(found)]
    assert names[:3] == [("banana", style) for style in list(STYLES)[:3]]
    assert ("flag of chile", "3d render") in names
    assert ("flag of chile", "flat icon") not in names


def test_drawings_become_pixels_with_transparency() -> None:
    body = '<rect x="8" y="8" width="16" height="16" fill="#d62828"/>'
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">{body}</svg>'
    pixels = rendered(drawing).array()
    assert pixels.shape == (256, 256, 4)
    assert pixels[128, 128].tolist() == [214, 40, 40, 255]
    assert pixels[8, 8, 3] == 0


def test_a_picture_is_a_small_file(tmp_path: Path) -> None:
    picture = Sets(unpacked(tmp_path)).picture("flat icon", "1f34c")
    assert picture is not None
    assert len(picture) < 4000
    assert (Image.decode(picture).width, Image.decode(picture).mode) == (256, "RGBA")


def test_without_a_renderer_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(TrainingError, match=r"pip install underpaint\[train\]"):
        rendered("<svg/>")


def test_what_is_held_out_is_listed_and_is_one_in_twenty() -> None:
    lines = [line for line in LIST.read_text("utf-8").splitlines() if not line.startswith("#")]
    assert len(held_out()) == len(lines)
    assert all(drawn_out(name) for name in held_out())
    concepts = [name for name in held_out() if "/" not in name]
    pictures = [name for name in held_out() if "/" in name]
    assert 0.04 < len(concepts) / 1914 < 0.07
    assert 0.04 < len(pictures) / 6700 < 0.06
    assert {name.partition("/")[0] for name in pictures} == set(STYLES)


def test_the_lot_falls_on_one_in_twenty() -> None:
    drawn = sum(drawn_out(str(number)) for number in range(4000))
    assert 150 < drawn < 250
