"""The whole language: what is said at each call, and any text at all."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from underpaint.errors import RequestError, UnknownEntryError
from underpaint.prompt.editing import Stage
from underpaint.prompt.emphasis import parse
from underpaint.prompt.plan import Plan, plan
from underpaint.prompt.tags import Tag


def said(text: str, calls: int = 10, seed: int = 0) -> list[str]:
    """Return what a single prompt says at each call."""
    found = plan(text, "", calls, seed=seed)
    return [found.at(call)[0] for call in range(calls)]


def test_a_prompt_without_syntax_is_one_stage() -> None:
    stage = Stage(20, "a fox, 16:9")
    assert plan(stage.text, "rain", 20) == Plan(((stage,),), (1.0,), (Stage(20, "rain"),))


def test_everything_at_once() -> None:
    text = "# a test\n[a:b:4] <lora:ink:0.8>fox :1.5 AND {sea|sea} # waves\nBREAK (sun:1.2)"
    found = plan(text, "rain # AND so on\n<lora:x:1> AND # snow", 10)
    assert found.tags == (Tag("lora", "ink", ("0.8",)),)
    assert found.weights == (1.5, 1.0)
    assert found.at(0) == ("\na fox", " sea \nBREAK (sun:1.2)", "rain \n<lora:x:1> AND ")
    assert found.at(5)[0] == "\nb fox"


def test_the_first_stage_lasts_a_call_longer_than_it_says() -> None:
    assert said("[a:b:4]") == ["a"] * 5 + ["b"] * 5
    assert said("[a|b]") == ["a", "a", "b", "a", "b", "a", "b", "a", "b", "a"]
    assert said("[a:b:1.0]") == ["a"] * 10


def test_the_last_stage_goes_on() -> None:
    assert plan("[a:b:4]", "", 10).at(99) == ("b", "")


def test_the_negative_changes_as_well() -> None:
    found = plan("fox", "[a:b:4]", 10)
    assert (found.at(4), found.at(5)) == (("fox", "a"), ("fox", "b"))


def test_a_second_pass_goes_on_counting() -> None:
    found = plan("[a:b:1.5]", "[a:b:0.5]", 10, passed=20)
    assert (found.at(5), found.at(6)) == (("a", "b"), ("b", "b"))


def test_chance_is_the_pictures_own_and_each_prompts() -> None:
    text = "{a|b|c|d|e|f|g|h}"
    found = [plan(text, text, 1, seed=seed).at(0) for seed in range(50)]
    assert len({one for one, _ in found}) == len({other for _, other in found}) == 8
    assert 0 < sum(one == other for one, other in found) < 20
    assert [plan(text + "{x|y}", text, 1, seed=seed).at(0)[1] for seed in range(50)] == [
        other for _, other in found
    ]


def test_what_chance_chose_is_told() -> None:
    assert plan("a fox # {a|b}", "rain {x}", 1).chosen is None
    found = plan("a {red|red} fox", "{1$$fog} # night", 1)
    assert found.chosen == ("a red fox", "fog ")


def test_chance_may_choose_syntax() -> None:
    (one,) = {tuple(said("{[a:b:5]|[a:b:5]}")[4:7])}
    assert one == ("a", "a", "b")
    assert plan("{<lora:ink:1>|<lora:ink:1>}", "", 1).tags == (Tag("lora", "ink", ("1",)),)


def test_an_unknown_name_is_told() -> None:
    for prompts in (("__coat__", ""), ("", "__coat__")):
        with pytest.raises(UnknownEntryError, match="no 'coat' in wildcards"):
            plan(*prompts, 10)


PIECES = [
    *"[](){}|:<>_#\\ \n,a",
    " AND ",
    " BREAK ",
    ":3]",
    ":0.5]",
    ":1.2)",
    " :2",
    "<lora:a:1>",
    "{a|b}",
    "[a|b]",
    "{2$$",
    "$$",
    "1.5::",
    "\ud800",
    "猫",
    "👩‍🚀",
    "\u202e",
    "\0",
]


def survives(text: str) -> bool:
    """Read a text all the way; whether it was accepted."""
    try:
        found = plan(text, text, 20, seed=1)
        for call in (0, 10, 19):
            for heard in found.at(call):
                parse(heard)
    except RequestError as error:
        assert len(str(error)) < 200
        return False
    return True


@pytest.mark.parametrize(
    "count", [3000, pytest.param(100_000, marks=pytest.mark.slow)], ids=["some", "many"]
)
def test_generated_prompts_are_read(count: int) -> None:
    chance = random.Random(7)
    texts = ("".join(chance.choices(PIECES, k=chance.randint(0, 30))) for _ in range(count))
    assert sum(map(survives, texts)) > 0.75 * count


@given(st.text(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read(text: str) -> None:
    survives(text)


@pytest.mark.parametrize("piece", ["[", "(", "{", "[a:b:0.5", "<lora:", "{a|b}", "[a|b]", "__a__"])
def test_long_ones_are_refused_in_a_moment(piece: str) -> None:
    start = time.process_time()
    with pytest.raises(RequestError, match="at most 16384"):
        plan(piece * (10**6 // len(piece)), "", 150)
    assert time.process_time() - start < 0.05


@pytest.mark.parametrize("piece", PIECES)
def test_the_longest_take_a_moment(piece: str) -> None:
    start = time.process_time()
    survives(piece * (16_000 // len(piece.encode(errors="surrogatepass"))))
    assert time.process_time() - start < 1
