"""Options from a request's fields, and its values from the options."""

from pathlib import Path

import numpy
import pytest

from underpaint.errors import MediaError, RequestError
from underpaint.faces import _options
from underpaint.media import Image
from underpaint.requests._controls import Control
from underpaint.requests._fields import fields
from underpaint.requests.image import ImageRequest
from underpaint.requests.train import TrainRequest


def test_each_field_is_an_option_in_its_order() -> None:
    names = [parameter.name for parameter in _options.options(ImageRequest, argument="prompt")]
    assert names == [field.name for field in fields(ImageRequest)]


def test_fields_can_be_left_out() -> None:
    names = [parameter.name for parameter in _options.options(TrainRequest, without=("recipe",))]
    assert "recipe" not in names
    assert "data" in names


@pytest.mark.parametrize(
    ("name", "metavar", "words"),
    [
        ("strength", "0..1", "[default: 0.75]"),
        ("steps", "1..150", "[default: 20]"),
        ("sampler", "NAME", "One of ddim,"),
        ("init", "FILE", "sketch"),
        ("seed", "NUMBER", "[default: -1]"),
        ("negative", "TEXT", "must not show"),
        ("controls", "FILE:MODEL", "FILE:MODEL:WEIGHT, or a JSON object"),
    ],
)
def test_an_option_tells_what_it_takes(name: str, metavar: str, words: str) -> None:
    [parameter] = [each for each in _options.options(ImageRequest) if each.name == name]
    [told] = parameter.annotation.__metadata__
    assert told.metavar == metavar
    assert words in told.help


def test_defaults_need_not_be_told() -> None:
    told = [
        each.annotation.__metadata__[0] for each in _options.options(TrainRequest, defaults=False)
    ]
    assert not any("[default" in each.help for each in told)


def test_values_become_what_the_fields_hold(tmp_path: Path) -> None:
    picture = Image.of(numpy.zeros((8, 8, 3), numpy.uint8))
    path = tmp_path / "doodle.png"
    path.write_bytes(picture.png())
    values = {
        "init": str(path),
        "steps": "5",
        "strength": "1",
        "prompt": "7",
        "json": True,
        "mask": None,
    }
    given = _options.given(ImageRequest, values)
    assert given == {"init": picture, "steps": 5, "strength": 1.0, "prompt": "7"}
    assert ImageRequest(**given).steps == 5


def test_lists_flags_and_mappings_become_what_they_are() -> None:
    values = {"sample_prompts": ["a", "b"], "flip": False, "network": '{"unet": {"channels": 8}}'}
    given = _options.given(TrainRequest, values)
    request = TrainRequest(recipe="x", kind="pixels", data="y", **given)
    assert request.sample_prompts == ("a", "b")
    assert not request.flip
    assert _options.given(ImageRequest, {"controls": [":canny", ":depth:0.5"]}) == {
        "controls": (Control(model="canny"), Control(model="depth", weight=0.5))
    }
    assert request.network.plain() == {"unet": {"channels": 8}}


def test_the_request_says_what_is_wrong_with_a_number() -> None:
    for text in ("five", "5.5", ""):
        with pytest.raises(RequestError, match=f"steps is '{text}'; it must be a whole number"):
            ImageRequest(**_options.given(ImageRequest, {"steps": text}))


def test_a_file_that_is_no_picture_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"")
    with pytest.raises(MediaError, match=r"x\.png"):
        _options.given(ImageRequest, {"init": str(tmp_path / "x.png")})


def test_a_mapping_that_is_not_json_is_told() -> None:
    with pytest.raises(RequestError, match="network is 'channels=8'; it must be JSON like"):
        _options.given(TrainRequest, {"network": "channels=8"})
