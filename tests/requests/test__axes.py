"""Axes: the notation of their values, what they change, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from underpaint.errors import RequestError, UnknownEntryError
from underpaint.requests import _axes
from underpaint.requests._axes import LABELS, MOST, Axis
from underpaint.requests._fields import fields
from underpaint.requests.image import ImageRequest


def read(text: str) -> Axis:
    found = _axes.axis(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("steps: 10, 20,40", "10 20 40"),
        ("Steps: 1-5", "1 2 3 4 5"),
        ("STEPS: 1-10 (+2)", "1 3 5 7 9"),
        ("steps: 10 - 1 (-3)", "10 7 4 1"),
        ("steps: 1-10 [5]", "1 3 5 7 10"),
        ("steps: 5, 8-9", "5 8 9"),
        ("strength: 0-1 [5]", "0 0.25 0.5 0.75 1"),
        ("Denoising: 0.1-0.5 (+0.1)", "0.1 0.2 0.3 0.4 0.5"),
        ("CFG Scale: 4-10 (+2)", "4 6 8 10"),
        ("seed: -1, 4294967295", "-1 4294967295"),
        ("Var. strength: 0.5", "0.5"),
    ],
)
def test_numbers_are_listed_or_spread(text: str, values: str) -> None:
    assert read(text).values == tuple(values.split())


@given(st.integers(0, 99), st.integers(0, 99), st.integers(1, 9))
def test_a_range_ends_where_it_says(first: int, last: int, gap: int) -> None:
    sign = 1 if first <= last else -1
    found = read(f"hires_steps: {first}-{last} ({sign * gap:+d})").values
    assert found == tuple(map(str, range(first, last + sign, sign * gap)))


def test_words_are_listed_and_quoted_as_in_csv() -> None:
    assert read('Prompt S/R: cat, "dog, old", "a ""big"" ant"').values == (
        *("cat", "dog, old", 'a "big" ant'),
    )
    for axis in (read("seed: 1-3"), read('Prompt S/R: cat, "dog, old"')):
        again = read(axis.text())
        assert (again.name, again.values) == (axis.name, axis.values)


@pytest.mark.parametrize("name", _axes.names())
def test_every_axis_is_known_by_its_name_in_any_case(name: str) -> None:
    assert read(f" {name.swapcase()} : 1").values == ("1",)


def test_every_name_of_a1111_is_a_field() -> None:
    known = {field.name for field in fields(ImageRequest)}
    assert set(LABELS.values()) <= known
    assert not {"init", "mask", "batch"} & set(_axes.names())


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("Sampler: DPM++ 2M Karras", "sampler", "dpmpp_2m"),
        ("Sampler: DPM++ 2M Karras", "schedule", "karras"),
        ("Checkpoint name: other", "model", "other"),
        ("Eta: 0.5", "eta", 0.5),
        ("sigma_min: 0.5", "sigma_min", 0.5),
        ("Sigma min: 0.5", "s_tmin", 0.5),
        ("RNG source: NV", "noise_source", "nv"),
        ("Always discard next-to-last sigma: True", "discard_penultimate", True),
        ("clip-skip: 2", "clip_skip", 2),
        ("Size: 256 x 512", "height", 512),
        ("Prompt S/R: cat", "prompt", "a cat, a cat"),
    ],
)
def test_a_value_changes_its_field(text: str, field: str, value: object) -> None:
    axis = read(text)
    changed = axis.change(ImageRequest(prompt="a cat, a cat"), axis.values[0])
    assert getattr(changed, field) == value


def test_words_are_replaced_wherever_the_first_stands() -> None:
    axis = read("Prompt S/R: cat, dog")
    changed = axis.change(ImageRequest(prompt="a cat", negative="two cats"), "dog")
    assert (changed.prompt, changed.negative) == ("a dog", "two dogs")


def test_words_stand_in_every_order() -> None:
    axis = read("Prompt order: old, red")
    request = ImageRequest(prompt="a red, old, red house")
    assert [axis.change(request, value).prompt for value in axis.values] == [
        "a old, red, red house",
        "a red, old, red house",
    ]
    assert len(read("Prompt order: a, b, c, d").values) == 24


def test_labels_say_what_a_value_is_of() -> None:
    assert read("guidance_scale: 7").label(0) == "CFG Scale: 7"
    assert read("rho: 7").label(0) == "Schedule rho: 7"
    assert read("mask_blur: 4").label(0) == "mask_blur: 4"
    assert read("Prompt S/R: cat, dog").label(1) == "dog"


def test_seeds_are_drawn_only_on_their_axes() -> None:
    assert read("seed: -1, 3").drawn(lambda: 2**32 + 5).values == ("5", "3")
    assert read("strength: 0-1").drawn(lambda: 5).values == ("0", "1")


@pytest.mark.parametrize("text", ["", "  ", "Nothing", "nothing: 1"])
def test_nothing_is_no_axis(text: str) -> None:
    assert _axes.axis(text) is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("steps", "'steps' has no values; give some, as in 'steps: 1, 2'"),
        ("steps: many", "steps is 'many'; it must be a whole number .*, or a range like 1-5"),
        ("steps: 1-9 (-1)", "steps of -1 never get from 1 to 9"),
        ("steps: 1-9 (+0)", "steps of 0 never get"),
        ("seed: 1-999999999", f"'seed' has more than {MOST} values, the most there may be"),
        ("strength: 0-1 [999999999]", f"'strength' has more than {MOST} values"),
        ("Prompt order: a,b,c,d,e,f,g", "'Prompt order' has 7 words; that makes more than"),
    ],
)
def test_what_is_no_axis_is_told(text: str, sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence):
        _axes.axis(text)


def test_an_unknown_axis_names_those_there_are() -> None:
    with pytest.raises(UnknownEntryError, match="no 'stepz' in axes; there are: Seed, Var"):
        _axes.axis("stepz: 1")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("steps: 151", "steps is 151; it must be between 1 and 150"),
        ("Size: big", "Size is 'big'; it must be like 512x768"),
        ("Prompt S/R: dog, cat", "Prompt S/R is to search for 'dog', which is neither in"),
        ("Prompt order: dog", "Prompt order is to move 'dog', which is not in prompt"),
        ("mask_invert: perhaps", "mask_invert is 'perhaps'; it must be true or false"),
    ],
)
def test_a_value_that_cannot_be_is_told_as_anywhere(text: str, sentence: str) -> None:
    axis = read(text)
    with pytest.raises(RequestError, match=sentence):
        axis.change(ImageRequest(prompt="a cat"), axis.values[-1])
