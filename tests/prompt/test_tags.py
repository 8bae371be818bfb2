"""Tags: found, taken out, and what they weigh."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from underpaint.errors import RequestError, UnknownEntryError
from underpaint.prompt.tags import MAX_TAGS, Tag, taken


@pytest.mark.parametrize(
    ("text", "left", "tags"),
    [
        ("a fox", "a fox", []),
        ("a fox <lora:ink:0.8>", "a fox ", [Tag("lora", "ink", ("0.8",))]),
        ("<lora:a>x<LyCO:b c.v2:1:2>", "x", [Tag("lora", "a"), Tag("lora", "b c.v2", ("1", "2"))]),
        ("<hypernet:soft:te=1>", "", [Tag("hypernet", "soft", ("te=1",))]),
        ("[<lora:a:1>:b:0.5]", "[:b:0.5]", [Tag("lora", "a", ("1",))]),
        ("a < b > c, <3, <lora:, <lora>, <: a>", "a < b > c, <3, <lora:, <lora>, <: a>", []),
        ("<lora:x <lora:y>", "<lora:x ", [Tag("lora", "y")]),
    ],
)
def test_tags_are_taken_out(text: str, left: str, tags: list[Tag]) -> None:
    assert taken(text) == (left, tuple(tags))


@pytest.mark.parametrize(
    ("arguments", "weights"),
    [
        ((), (1, 1)),
        (("0.8",), (0.8, 0.8)),
        (("0.5", "-.25"), (0.5, -0.25)),
        (("te=0.5",), (0.5, 0.5)),
        (("unet=0.5",), (1, 0.5)),
        (("0.7", "unet=2"), (0.7, 2)),
        (("te=0", "unet= 1 "), (0, 1)),
        (("0.7", "0.6", "te=0.1"), (0.1, 0.6)),
        (("0.7", "dyn=4"), (0.7, 0.7)),
    ],
)
def test_weights_of_text_encoder_and_unet(
    arguments: tuple[str, ...], weights: tuple[float, float]
) -> None:
    assert Tag("lora", "ink", arguments).weights() == weights


@pytest.mark.parametrize("argument", ["", "much", "1e999", "nan", "12345", "te=x"])
def test_other_weights_are_refused(argument: str) -> None:
    with pytest.raises(RequestError, match="the weight of <lora:ink> is"):
        Tag("lora", "ink", (argument,)).weights()


def test_an_unknown_kind_is_refused_by_name() -> None:
    with pytest.raises(UnknownEntryError, match="no 'lorra' in kinds of tags; there are: hyp"):
        taken("a <lorra:ink:1>")


def test_a_name_is_needed() -> None:
    with pytest.raises(RequestError, match="'<lora: :1>' has no name; it must be like <lora:name"):
        taken("<lora: :1>")


def test_too_many_are_refused() -> None:
    assert len(taken("<lora:a>" * MAX_TAGS)[1]) == MAX_TAGS
    with pytest.raises(RequestError, match="has 33 tags; it may have at most 32"):
        taken("<lora:a>" * (MAX_TAGS + 1))


@given(st.text("<>:lora\n", max_size=40))
def test_what_is_left_has_no_tags(text: str) -> None:
    try:
        left, _ = taken(text)
    except RequestError:
        return
    assert len(left) <= len(text)


@pytest.mark.parametrize("part", ["<lora:", "<", "<a", "<lora:a:", ">", "<a:b"])
def test_time_is_linear(part: str) -> None:
    start = time.process_time()
    taken(part * (16_000 // len(part)))
    assert time.process_time() - start < 0.1
