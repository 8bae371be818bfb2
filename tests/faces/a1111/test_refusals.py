"""What matters, and what only looks as if it did."""

import pytest

from underpaint.errors import RequestError
from underpaint.faces.a1111 import refusals
from underpaint.faces.a1111.payload import ImageToImage, Payload, TextToImage


def test_every_refusal_is_about_a_field_that_there_is() -> None:
    fields = set(TextToImage.model_fields) | set(ImageToImage.model_fields)
    assert {refusal.field for refusal in refusals.REFUSALS} <= fields


@pytest.mark.parametrize("payload", [TextToImage(), ImageToImage()])
def test_nothing_is_refused_by_default(payload: Payload) -> None:
    refusals.check(payload)
    assert refusals.scripts(payload, lenient=False) == ()


@pytest.mark.parametrize(
    ("args", "works"),
    [
        ([], False),
        ([False, {"ad_model": "x"}], False),
        ([True], True),
        ([{}], False),
        ([{"enabled": False, "model": "x"}], False),
        ([{"model": "None", "image": None}], False),
        ([{"model": "None"}, {"model": "canny"}], True),
        ([{"weight": 1.0}], True),
        ({"0": False}, False),
        ({"enabled": True}, True),
        ("x", True),
        (None, False),
    ],
)
def test_a_script_matters_when_it_would_do_something(args: object, works: bool) -> None:
    payload = TextToImage(alwayson_scripts={"S": {"args": args}})
    noted = refusals.scripts(payload, lenient=True)
    assert bool(noted) == works
    if works:
        with pytest.raises(RequestError, match="always on script S not found"):
            refusals.scripts(payload, lenient=False)


@pytest.mark.parametrize("name", [None, "", "None"])
def test_no_script_is_no_script(name: str | None) -> None:
    assert refusals.scripts(TextToImage(script_name=name), lenient=False) == ()


def test_noise_is_not_scaled() -> None:
    refusals.check(ImageToImage(initial_noise_multiplier=1))
    with pytest.raises(RequestError, match=r"initial_noise_multiplier is 1\.2; "):
        refusals.check(ImageToImage(initial_noise_multiplier=1.2))
