"""Controls as values: what is refused, and how they travel within a request."""

from collections.abc import Mapping
from typing import Any

import pytest

from underpaint.errors import RequestError, UnknownEntryError
from underpaint.media import Image
from underpaint.requests._controls import (
    MODES,
    PLACINGS,
    Control,
    check_controls,
    check_pictures,
    files,
)
from underpaint.requests._fields import fields
from underpaint.requests.image import ImageRequest

DOT = Image("RGB", 1, 1, b"\1\2\3")


def test_by_default_a_picture_leads_all_the_way() -> None:
    control = Control(model="canny")
    assert (control.weight, control.start, control.end) == (1, 0, 1)
    assert (control.preprocessor, control.mode, control.resize) == ("none", "balanced", "crop")
    assert control.thresholds == (None, None)
    assert control.leads
    assert not Control(model="canny", weight=0.0).leads


def test_preprocessors_are_known_by_every_name() -> None:
    assert Control(model="m", preprocessor="Scribble_XDoG").preprocessor == "scribble"
    with pytest.raises(UnknownEntryError, match="no 'depth_midas' in preprocessors"):
        Control(model="m", preprocessor="depth_midas")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"weight": 2.5}, "weight is 2.5; it must be between 0 and 2"),
        ({"mode": "loud"}, "mode is 'loud'; it must be one of balanced, prompt, control"),
        ({"resize": "latent"}, "resize is 'latent'; it must be one of stretch, crop, fill"),
        ({"start": 0.6, "end": 0.5}, "a control's start is 0.6; it must not be above its end"),
        ({"model": ""}, "a control's model is ''; it must be the name of a ControlNet"),
        ({"threshold_a": 5.0}, "a control's threshold_a is 5; none has no such setting"),
        (
            {"preprocessor": "canny", "threshold_b": 0.5},
            "a control's threshold_b is 0.5; for canny it must be between 1 and 255",
        ),
        ({"preprocessor": "blur", "threshold_b": 1.0}, "blur has no such setting"),
    ],
)
def test_refusals_are_sentences(values: Mapping[str, Any], words: str) -> None:
    with pytest.raises(RequestError, match=words):
        Control(**{"model": "m", **values})


def test_a_request_with_controls_comes_back_from_json() -> None:
    controls = (
        Control(model="a/scribble", picture=DOT, weight=0.1 + 0.2, mode="prompt"),
        Control(model="canny", preprocessor="canny", threshold_a=20.0, end=0.5, resize="fill"),
    )
    request = ImageRequest(controls=controls)
    again = ImageRequest.from_json(request.to_json())
    assert again == request
    assert hash(again) == hash(request)
    assert again.controls[0].picture == DOT


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[{"model": "m", "weight": 3}]', r"controls\[0\]\.weight is 3; it must be between 0"),
        ('[{"model": "m"}, {}]', r"controls\[1\]\.model is missing; it must be text"),
        ('[{"model": "m", "picture": "%"}]', r"controls\[0\]\.picture is not a picture in base64"),
        ('[{"model": "m", "wieght": 1}]', "no 'wieght' in Control; there are: picture, model"),
        ('[{"model": "m", "start": 1, "end": 0}]', "a control's start is 1; it must not be above"),
        ("[3]", "controls is 3; it must be a list, each of it a mapping"),
        ("7", "controls is 7; it must be a list"),
    ],
)
def test_a_request_says_which_control_is_wrong(text: str, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        ImageRequest.from_json(f'{{"controls": {text}}}')


def test_faces_see_a_list_of_controls() -> None:
    (field,) = (each for each in fields(ImageRequest) if each.name == "controls")
    assert (field.kind, field.many, field.default) == (Control, True, ())
    schema = ImageRequest.json_schema()
    assert schema["properties"]["controls"]["type"] == "array"
    assert "canny" in schema["$defs"]["Control"]["properties"]["preprocessor"]["enum"]


def test_there_are_at_most_ten() -> None:
    controls = (Control(model="m"),) * 11
    check_controls(controls[:10])
    with pytest.raises(RequestError, match="there are 11 controls; it must be at most 10"):
        ImageRequest(controls=controls)


def test_each_that_leads_needs_a_picture_before_anything_is_painted() -> None:
    bare, off = Control(model="m"), Control(model="n", weight=0.0)
    check_pictures((bare,), init=True)
    check_pictures((off, Control(model="m", picture=DOT)), init=False)
    for check in (
        lambda: check_pictures((off, bare), init=False),
        lambda: ImageRequest(controls=(off, bare)).resolved(lambda: 1),
    ):
        with pytest.raises(RequestError, match=r"controls\[1\] has no picture; give the one that"):
            check()


def test_files_are_those_of_what_leads() -> None:
    controls = (Control(model="a"), Control(model="b", weight=0.0))
    assert list(files(controls)) == [("controlnets", "a")]
    assert ("controlnets", "a") in list(ImageRequest(controls=controls).needs())


def test_labels_are_in_the_order_of_the_numbers_that_clients_send() -> None:
    assert tuple(MODES) == ("balanced", "prompt", "control")
    assert tuple(PLACINGS) == ("stretch", "crop", "fill")
