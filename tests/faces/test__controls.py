"""Controls as they are typed."""

import json
from pathlib import Path

import numpy
import pytest

from underpaint.errors import MediaError, RequestError, UnknownEntryError
from underpaint.faces._controls import spoken
from underpaint.media import Image
from underpaint.requests._controls import Control

DOODLE = Image.of(numpy.zeros((8, 8, 3), numpy.uint8))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a:scribble.png"
    path.write_bytes(DOODLE.png())
    return path


def test_a_file_a_model_and_a_weight(file: Path) -> None:
    assert spoken(f"{file}:sd15/canny") == Control(picture=DOODLE, model="sd15/canny")
    assert spoken(f"{file}:canny:0.5") == Control(picture=DOODLE, model="canny", weight=0.5)
    assert spoken(f"{file}:canny:1") == Control(picture=DOODLE, model="canny")


def test_without_a_file_the_init_picture_leads() -> None:
    assert spoken(":canny") == Control(model="canny")
    assert spoken(":canny:0.5") == Control(model="canny", weight=0.5)


def test_all_there_is_to_say_in_json(file: Path) -> None:
    said = {
        "picture": str(file),
        "model": "canny",
        "preprocessor": "canny",
        "threshold_a": 50,
        "end": 1,
        "mode": "prompt",
    }
    assert spoken(json.dumps(said)) == Control(
        picture=DOODLE, model="canny", preprocessor="canny", threshold_a=50.0, mode="prompt"
    )
    assert spoken(' {"model": "canny"}') == Control(model="canny")


@pytest.mark.parametrize("text", ["", "canny", "scribble.png:", "0.5", "canny:0.5"])
def test_less_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(RequestError, match=f"controls is '{text}'; it must be FILE:MODEL, FILE:"):
        spoken(text)


def test_what_is_wrong_is_told(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"it must be JSON like \{.picture.: "):
        spoken('{"model": ')
    with pytest.raises(RequestError, match=r"weight is 3\.0; it must be between 0 and 2"):
        spoken(":canny:3")
    with pytest.raises(UnknownEntryError, match="no 'wieght' in Control"):
        spoken('{"model": "m", "wieght": 1}')
    with pytest.raises(MediaError, match=r"none\.png"):
        spoken(f"{tmp_path / 'none.png'}:canny")
