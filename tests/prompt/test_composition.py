"""Prompts joined by AND."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from underpaint.errors import RequestError
from underpaint.prompt.composition import MAX_PARTS, parts


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", [("", 1)]),
        ("a fox", [("a fox", 1)]),
        ("a fox AND a lake", [("a fox", 1), (" a lake", 1)]),
        ("a fox :1.2 AND a lake:.5", [("a fox", 1.2), (" a lake", 0.5)]),
        ("a fox AND rain :-1 ", [("a fox", 1), (" rain", -1)]),
        ("a AND b: +2. AND c", [("a", 1), (" b", 2), (" c", 1)]),
        ("AND a", [("", 1), (" a", 1)]),
        ("SAND AND BAND", [("SAND", 1), (" BAND", 1)]),
        ("a and b", [("a and b", 1)]),
        ("a AND (b:1.3)", [("a", 1), (" (b:1.3)", 1)]),
        ("a: b: 2 AND c: x", [("a: b", 2), (" c: x", 1)]),
        ("a\nb : 2\nAND\nc", [("a\nb", 2), ("\nc", 1)]),
        ("a :1e3 AND b :12345", [("a :1e3", 1), (" b :12345", 1)]),
    ],
)
def test_parts_and_weights(text: str, wanted: list[tuple[str, float]]) -> None:
    assert [tuple(part) for part in parts(text)] == wanted


@pytest.mark.parametrize("text", ["a clock at 10:30", "format 16:9 ", "a fox :1.2"])
def test_a_lone_prompt_has_no_weight(text: str) -> None:
    assert parts(text) == ((text, 1.0),)


@given(st.lists(st.text("ab :.1-\n", max_size=10), min_size=1, max_size=MAX_PARTS))
def test_there_are_as_many_parts_as_are_joined(texts: list[str]) -> None:
    found = parts(" AND ".join(texts))
    assert len(found) == len(texts)
    assert all(part.text.strip() in text for part, text in zip(found, texts, strict=True))


def test_too_many_parts_are_refused() -> None:
    assert len(parts(" AND ".join("a" * MAX_PARTS))) == MAX_PARTS
    with pytest.raises(RequestError, match="joins 17 parts by AND; at most 16 do"):
        parts(" AND ".join("a" * 17))


@pytest.mark.parametrize("part", [" ", ":", ":1", "1", ": ", "AND", " \n:"])
def test_time_is_linear(part: str) -> None:
    start = time.process_time()
    parts("a AND b" + part * (16_000 // len(part)) + "x")
    assert time.process_time() - start < 0.1
