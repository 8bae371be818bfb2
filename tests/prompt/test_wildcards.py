"""What is left to chance: what may come, how often, and always the same for a seed."""

import contextlib
import time
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from underpaint.errors import RequestError, UnknownEntryError
from underpaint.prompt._limits import MAX_BYTES
from underpaint.prompt.wildcards import chosen

FILES = {
    "colour": ["red", "green"],
    "coat": ["a __colour__ coat", "a {silk|fur} coat"],
    "deep/er_one": ["lake"],
    "empty": [],
    "again": ["__again__"],
    "twice": ["{2$$__many__|__many__}"],
    "many": ["{2$$__many__|__many__}", "x"],
    "none": [""],
    "long": ["x" * 1000],
}


def lines(name: str) -> Sequence[str]:
    if name not in FILES:
        raise UnknownEntryError("wildcards", name, tuple(FILES))
    return FILES[name]


def all_of(text: str, seeds: int = 200) -> set[str]:
    """Return what comes of a text over many seeds."""
    return {chosen(text, seed, lines) for seed in range(seeds)}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a {red|green} fox", {"a red fox", "a green fox"}),
        ("{a|{b|c}}{|!}", {"a", "b", "c", "a!", "b!", "c!"}),
        ("{2$$a|b|c}", {"a, b", "b, a", "a, c", "c, a", "b, c", "c, b"}),
        ("{2-1$$ and $$a|b}", {"a", "b", "a and b", "b and a"}),
        ("{5$$$$a|b}", {"ab", "ba"}),
        ("{0$$a|b}", {""}),
        ("{1$$a}", {"a"}),
        ("{0::a|b}", {"b"}),
        ("{[a|b]|c}", {"[a|b]", "c"}),
        ("{(a:1.2)|[b:c:0.5]}", {"(a:1.2)", "[b:c:0.5]"}),
        ("__colour__ fox", {"red fox", "green fox"}),
        ("__coat__", {"a red coat", "a green coat", "a silk coat", "a fur coat"}),
        ("{__colour__|blue}", {"red", "green", "blue"}),
        ("__deep/er_one____empty__.", {"lake."}),
    ],
)
def test_everything_that_may_come_comes(text: str, wanted: set[str]) -> None:
    assert all_of(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a fox",
        "{a}",
        "{",
        "}|{",
        "{a|b",
        "a|b}",
        r"\{a|b\}",
        "snake_case",
        "__",
        "_ _a_ _",
        "{}",
    ],
)
def test_what_is_no_choice_is_text(text: str) -> None:
    assert chosen(text, 1) == text


def test_the_same_on_every_machine() -> None:
    """Pictures are painted anew from their seeds, years later: these may not change."""
    assert [chosen("{a|b|c|d}", seed) for seed in (0, 1, 2, 2**33)] == ["d", "a", "d", "a"]
    assert chosen("{3$$a|b|c|d|e} __coat__", 7, lines) == "b, a, d a green coat"


def test_odds_count() -> None:
    found = Counter(chosen("{3::a|b|0.5::c}", seed) for seed in range(4000))
    for name, odds in {"a": 3, "b": 1, "c": 0.5}.items():
        assert found[name] == pytest.approx(4000 * odds / 4.5, rel=0.15)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(UnknownEntryError, match="no 'color' in wildcards; there are: colour, coat"):
        chosen("__color__", 0, lines)
    with pytest.raises(UnknownEntryError, match="no 'colour' in wildcards; there are: none"):
        chosen("__colour__", 0)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("__again__", "__again__ is asked for by lines over 8 deep"),
        ("{1000$$" + "|".join("a" * 1001) + "}{a|b}", "more than 1000 choices"),
        ("__long__" * 17, "16384"),
        ("{" * 65 + "a|b", "more than 64 brackets"),
        ("{a|b}" * 4000, "20000 bytes long"),
    ],
)
def test_bombs_are_refused(text: str, reason: str) -> None:
    with pytest.raises(RequestError, match=reason):
        chosen(text, 0, lines)


def test_lines_that_double_end() -> None:
    for seed in range(30):
        try:
            assert len(chosen("__twice__", seed, lines)) <= MAX_BYTES
        except RequestError as error:
            assert "deep" in str(error)


@given(st.text("{}|$:_12[]\\a", max_size=40), st.integers(0, 2**34))
@settings(max_examples=500, deadline=None)
def test_any_text_gives_the_same_text_twice(text: str, seed: int) -> None:
    def said() -> str:
        try:
            return chosen(text, seed, lambda name: ["x", "y"])
        except RequestError as error:
            return str(error)

    assert said() == said()


@pytest.mark.parametrize(
    "part", ["{", "}", "|", "{a|b}", "__", "_", "__a", "[", "{1$$", "{a|", "{1::", "\\", "$$"]
)
def test_time_is_linear(part: str) -> None:
    start = time.process_time()
    with contextlib.suppress(RequestError):
        chosen("{" + part * (16_000 // len(part)), 1, lambda name: ["x"])
    assert time.process_time() - start < 2  # seconds; the square of it would take minutes
