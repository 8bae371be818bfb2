"""Prompts that change: AUTOMATIC1111's grammar, its counting of steps, and any text at all."""

import random
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from underpaint.errors import RequestError
from underpaint.prompt._limits import MAX_BYTES
from underpaint.prompt.editing import MAX_TEXT, Stage, _Parser, stages


def turns(*texts: str, steps: int = 10) -> list[tuple[int, str]]:
    """Return what alternating texts become."""
    return [(step, texts[(step - 1) % len(texts)]) for step in range(1, steps + 1)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a fox", [(10, "a fox")]),
        ("", [(10, "")]),
        # To.
        ("a [red:3]fox", [(3, "a fox"), (10, "a redfox")]),
        ("a [red: 3 ]", [(3, "a "), (10, "a red")]),
        ("[(red:2):3]", [(3, ""), (10, "(red:2)")]),
        ("fox [[[ red ]]:2]", [(2, "fox "), (10, "fox [[ red ]]")]),
        ("[red:.5] fox", [(5, " fox"), (10, "red fox")]),
        # From.
        ("[red::4] fox", [(4, "red fox"), (10, " fox")]),
        ("[red::1.0]", [(10, "red")]),
        # From and to.
        ("[ red : blue : 1] fox", [(1, " red  fox"), (10, " blue  fox")]),
        ("[red:blue:0.25]", [(2, "red"), (10, "blue")]),
        ("[red:blue:0.29]", [(2, "red"), (10, "blue")]),
        ("[red:blue:1e0]", [(1, "red"), (10, "blue")]),
        ("[red:blue:99]", [(10, "red")]),
        ("[red:blue:0]", [(10, "blue")]),
        ("[red:blue:0.09]", [(10, "blue")]),
        ("[red:blue:-3]", [(10, "blue")]),
        ("[::5]", [(5, ""), (10, "")]),
        # One in the other.
        ("a[b:[c:d:4]:2]e", [(2, "abe"), (4, "ace"), (10, "ade")]),
        ("[a:[b|c]:8]", [*turns("a", "a")[:8], (9, "b"), (10, "c")]),
        ("[[a:b:3]|c]", turns("a", "c")[:3] + turns("b", "c")[3:]),
        ("[a:b:3], [c:d:0.6]", [(3, "a, c"), (6, "b, c"), (10, "b, d")]),
        # In turn.
        ("[fox|(cat:1.1)]", turns("fox", "(cat:1.1)")),
        ("[wo|]man", turns("woman", "man")),
        ("[a|||b]", turns("a", "", "", "b")),
        ("([a|b]:1.2)", turns("(a:1.2)", "(b:1.2)")),
        ("[a|b][c|d|e]", turns("ac", "bd", "ae", "bc", "ad", "be")),
        # Text.
        ("a [fox", [(10, "a [fox")]),
        ("a] fox: b | c", [(10, "a] fox: b | c")]),
        ("[red:blue:often]", [(10, "[red:blue:often]")]),
        ("[a:b:c:4]", [(10, "[a:b:c:4]")]),
        ("[a|b:4]", [(10, "[a|b:4]")]),
        ("[a:b:(4)]", [(10, "[a:b:(4)]")]),
        ("(a|b) [c:2]", [(2, "(a|b) "), (10, "(a|b) c")]),
        ("[(red:blue:4]", [(10, "[(red:blue:4]")]),
        ("[x [a:b] : y : 3]", [(10, "[x [a:b] : y : 3]")]),
        (r"\[red:blue:4]", [(10, r"\[red:blue:4]")]),
        (r"[\]:\::4]", [(4, r"\]"), (10, r"\:")]),
        ("[a:b:4]\\", [(4, "a\\"), (10, "b\\")]),
        # Text around what changes.
        ("((a][:b:c [d:3]", [(3, "((a][:b:c "), (10, "((a][:b:c d")]),
        (":[ a [b:c:3", [(10, ":[ a [b:c:3")]),
        ("[a:b:3]) [c:d:4]", [(3, "a) c"), (4, "b) c"), (10, "b) d")]),
    ],
)
def test_grammar(text: str, wanted: list[tuple[int, str]]) -> None:
    assert [tuple(stage) for stage in stages(text, 10)] == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[red:blue:0.5]", [(8, "blue")]),  # was over in the first pass
        ("[red:blue:15]", [(8, "blue")]),
        ("[red:blue:20]", [(8, "blue")]),
        ("[red:blue:1.5]", [(4, "red"), (8, "blue")]),
        ("[red:blue:24]", [(4, "red"), (8, "blue")]),
        ("[red:blue:2.0]", [(8, "red")]),
        ("[red|blue]", turns("red", "blue", steps=8)),
        ("fox", [(8, "fox")]),
    ],
)
def test_a_second_pass_goes_on_counting(text: str, wanted: list[tuple[int, str]]) -> None:
    assert [tuple(stage) for stage in stages(text, 8, passed=20)] == wanted


pieces = st.lists(
    st.sampled_from(
        [*"[]():|ab \\", ":3]", ":0.5]", "[a:b:4]", "[c|d]", "(e:1.2)", "猫", "-1", "\n"]
    ),
    max_size=20,
).map("".join)


@given(pieces, st.integers(1, 40))
@settings(max_examples=500, deadline=None)
def test_any_text_has_stages_up_to_the_last_step(text: str, steps: int) -> None:
    found = stages(text, steps)
    ends = [stage.end for stage in found]
    assert ends == sorted(set(ends))
    assert ends[0] >= 1
    assert ends[-1] == steps
    assert all(set(stage.text) <= set(text) for stage in found)
    if "[" not in text or "]" not in text:
        assert found == (Stage(steps, text),)


def well_formed(chance: random.Random, depth: int) -> tuple[str, Callable[[int], str]]:
    """Return a text, and what it says at a step of ten."""
    words = chance.choice(["fox", "a cat, ", r"\(x\)", " ", "", "0.5"])
    if not depth:
        return words, lambda step: words
    (one, says_one), (other, says_other) = (well_formed(chance, depth - 1) for _ in range(2))
    when = chance.choice([1, 3, 7, 10])
    share = chance.choice([0.1, 0.25, 0.5, 0.99])
    return chance.choice(
        [
            (one + words + other, lambda step: says_one(step) + words + says_other(step)),
            (f"({one}:1.3)", lambda step: f"({says_one(step)}:1.3)"),
            (f"[{one}]", lambda step: f"[{says_one(step)}]"),
            (f"[{one}:{when}]", lambda step: "" if step <= when else says_one(step)),
            (f"[{one}::{when}]", lambda step: says_one(step) if step <= when else ""),
            (
                f"[{one}:{other}: {share}]",
                lambda step: says_one(step) if step <= int(share * 10) else says_other(step),
            ),
            (f"[{one}|{other}]", lambda step: says_one(step) if step % 2 else says_other(step)),
        ]
    )


def test_what_is_well_formed_says_what_it_means_at_every_step() -> None:
    chance = random.Random(1)
    for _ in range(2000):
        text, says = well_formed(chance, chance.randint(1, 4))
        found = stages(text, 10)
        for step in range(1, 11):
            heard = next(stage.text for stage in found if step <= stage.end)
            assert heard == says(step), (text, step)


def test_long_prompts_are_refused_at_once() -> None:
    start = time.process_time()
    for bracket in "[]()|:":
        with pytest.raises(RequestError, match="1000000 bytes long; it must be at most 16384"):
            stages("[" + bracket * (10**6 - 1), 20)
    assert time.process_time() - start < 0.1


def test_deep_brackets_are_refused() -> None:
    deepest = "[" * 63 + "[a:b:5]" + ":5]" * 63
    assert stages(deepest, 10)[-1].end == 10
    with pytest.raises(RequestError, match="64 brackets"):
        stages(f"[{deepest}:5]", 10)


def test_what_is_said_in_all_is_bounded() -> None:
    words = "x" * 5000
    with pytest.raises(RequestError, match=f"more than {MAX_TEXT} characters over its steps"):
        stages(words + "[" + "|".join(map(str, range(20))) + "]", 20)
    assert len(stages(words + "[a|b]", 150)) == 150  # two texts, over and over


@pytest.mark.parametrize(
    "part",
    ["[", "]", "[]", "[a|b]", "[a:b:3]", "[[a:b:3]:c:4]", "[|", "[:", "|", ":", "\\", "(a)", "[a)"],
)
def test_time_is_linear(part: str) -> None:
    """A megabyte, let past the limit of length, takes about a second; a prompt a moment."""

    def seconds(length: int) -> float:
        start = time.process_time()
        try:
            _Parser(lambda number: 1).parsed(part * (length // len(part)))
        except RequestError as error:
            assert "64 brackets" in str(error)
        return time.process_time() - start

    assert seconds(16 * MAX_BYTES) < 1 + 40 * seconds(MAX_BYTES)  # its square would take 256 times
