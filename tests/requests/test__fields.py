"""What faces read off a request class, and the sentences that refuse a value."""

import base64
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast

import pytest
from annotated_types import Interval
from pydantic.dataclasses import dataclass

from underpaint.errors import RequestError, UnknownEntryError
from underpaint.media import Image
from underpaint.requests._fields import STRICT, Field, Picture, Pixels, Prompt, Request, fields


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Postcard(Request):
    """A request with a field of every kind."""

    to: Prompt
    """Whom it goes to."""

    kind: Literal["sea", "hill"] = "sea"
    """What is
    on it."""

    width: Pixels = 64
    """Its width."""

    weight: Annotated[float, Interval(ge=0)] | None = None
    """Grams."""

    stamps: tuple[Annotated[int, Interval(ge=1, le=9)], ...] = (1, 2)
    """Stamps."""

    signed: bool = True
    """Signed."""

    picture: Picture | None = None
    """Front."""


DOT = Image("RGBA", 1, 1, b"\1\2\3\0", "drawn by hand")


def test_fields_say_what_faces_need() -> None:
    assert fields(Postcard) == (
        Field("to", str, "Whom it goes to.", required=True),
        Field("kind", str, "What is on it.", "sea", choices=("sea", "hill")),
        Field("width", int, "Its width.", 64, least=64, most=2048, step=8),
        Field("weight", float, "Grams.", None, least=0, optional=True),
        Field("stamps", int, "Stamps.", (1, 2), least=1, most=9, many=True),
        Field("signed", bool, "Signed.", True),
        Field("picture", Image, "Front.", None, optional=True),
    )


def test_fields_say_what_is_allowed() -> None:
    assert [field.allowed() for field in fields(Postcard)] == [
        "text",
        "one of sea, hill",
        "a multiple of 8 between 64 and 2048",
        "a number at least 0 or nothing",
        "a list, each of it a whole number between 1 and 9",
        "true or false",
        "a picture or nothing",
    ]
    assert Field("sizes", Mapping).allowed() == "a mapping"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "to is missing; it must be text"),
        ({"to": 3}, "to is 3; it must be text"),
        ({"to": "x" * 16385}, "to is 16385 bytes long; it must be at most 16384"),
        ({"to": "猫" * 5462}, "to is 16386 bytes long; it must be at most 16384"),
        ({"to": "\ud800"}, "to is not valid Unicode"),
        ({"kind": "lake"}, "kind is 'lake'; it must be one of sea, hill"),
        ({"width": 56}, "width is 56; it must be a multiple of 8 between 64 and 2048"),
        ({"width": 100}, "width is 100; it must be a multiple of 8 between 64 and 2048"),
        ({"width": True}, "width is True; it must be a multiple of 8 between 64 and 2048"),
        ({"width": "64"}, "width is '64'; it must be a multiple of 8 between 64 and 2048"),
        ({"weight": -1}, "weight is -1; it must be at least 0"),
        ({"weight": float("inf")}, "weight is inf; it must be a number at least 0 or nothing"),
        ({"stamps": (1, 10)}, "stamps is 10; it must be between 1 and 9"),
        (
            {"stamps": 3},
            "stamps is 3; it must be a list, each of it a whole number between 1 and 9",
        ),
        ({"signed": 1}, "signed is 1; it must be true or false"),
        ({"picture": b"x"}, "picture is b'x'; it must be a picture"),
        ({"width": "9" * 99}, f"width is '{'9' * 56}...; it must be a multiple"),
    ],
)
def test_refusals_name_field_value_and_range(values: Mapping[str, object], sentence: str) -> None:
    with pytest.raises(RequestError) as caught:
        Postcard(**({"to": "you", **values} if values else {}))
    assert str(caught.value).startswith(sentence)


def test_pictures_in_base64_are_taken_or_refused_by_name() -> None:
    written: Any = base64.b64encode(DOT.png()).decode()
    assert Postcard(to="you", picture=written).picture == DOT
    for text, words in (("%", "picture is not a picture in base64"), ("é", "in base64")):
        with pytest.raises(RequestError, match=words):
            Postcard(to="you", picture=cast(Any, text))
    with pytest.raises(RequestError, match="picture cannot be used: these 3 bytes are not a"):
        Postcard(to="you", picture=cast(Any, "AAAA"))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", '"x"', "null", b"\xff", "{'to': 3}", "[" * 999]
)
def test_other_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(RequestError, match="the request is"):
        Postcard.from_json(text)


def test_unknown_fields_list_the_known() -> None:
    for ask in (
        lambda: Postcard(to="you", sise=1),  # pyright: ignore[reportCallIssue]
        lambda: Postcard.from_json('{"sise": 1, "to": ""}'),
    ):
        with pytest.raises(UnknownEntryError, match=r"no 'sise' in Postcard.*to, kind, width"):
            ask()


def test_json_round_trip_is_exact() -> None:
    card = Postcard(to='\0\n"猫', weight=0.1 + 0.2, stamps=(), picture=DOT)
    again = Postcard.from_json(card.to_json())
    assert again == card
    assert hash(again) == hash(card)
    assert "\n" not in card.to_json()
    assert Image.decode(base64.b64decode(json.loads(card.to_json())["picture"])) == DOT


def test_schema_carries_bounds_and_help() -> None:
    width = Postcard.json_schema()["properties"]["width"]
    assert (width["minimum"], width["maximum"], width["multipleOf"]) == (64, 2048, 8)
    assert width["description"] == "Its width."
