"""The prompt grammar: A1111's cases, and properties over any text."""

import itertools
import math
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from underpaint.errors import RequestError
from underpaint.prompt._limits import MAX_BYTES, MAX_DEPTH
from underpaint.prompt.emphasis import Span, parse

any_text = st.text(alphabet="ab ,:.0123456789()[]\\+-\n猫", max_size=60)


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("", []),
        ("()", []),
        ("normal text", [("normal text", 1)]),
        ("an (important) word", [("an ", 1), ("important", 1.1), (" word", 1)]),
        ("[less] (((more)))", [("less", 1 / 1.1), (" ", 1), ("more", 1.1 * 1.1 * 1.1)]),
        ("(a:1.5) (b: .5 ) (c:-1) (d:+2.)", None),
        ("(a (b:3) c)", [("a ", 1.1), ("b", 3 * 1.1), (" c", 1.1)]),
        ("(unbalanced", [("unbalanced", 1.1)]),
        ("a [(b", [("a b", 1)]),
        ("(literal]", [("literal]", 1.1)]),
        ("a) b] c", [("a) b] c", 1)]),
        (r"\(literal\] \[x\) \\ \n", [(r"(literal] [x) \ n", 1)]),
        ("(unnecessary)(parens)", [("unnecessaryparens", 1.1)]),
        ("ratio 3:2, a:1.5) b", [("ratio 3:2, a:1.5) b", 1)]),
        ("[a:0.5]", [("a:0.5", 1 / 1.1)]),
        ("(a:1.2.3)", [("a:1.2.3", 1.1)]),
        ("(a:99999)", [("a:99999", 1.1)]),
        ("(a:b:2)", [("a:b", 2)]),
        ("(a[b)c]", [("a", 1.1), ("b", 1), ("c", 1 / 1.1)]),
    ],
)
def test_grammar(text: str, spans: list[tuple[str, float]] | None) -> None:
    if spans is None:
        assert [span.weight for span in parse(text) if span.text.strip()] == [1.5, 0.5, -1, 2]
    else:
        assert parse(text) == tuple(Span(*span) for span in spans)


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("a cat BREAK a dog", [("a cat", 1, False), ("a dog", 1, True)]),
        ("a cat\nBREAK\n(a dog)", [("a cat", 1, False), ("a dog", 1.1, True)]),
        ("(a cat BREAK a dog:1.4)", [("a cat", 1.4, False), ("a dog", 1.4, True)]),
        ("(a cat)BREAK(a dog)", [("a cat", 1.1, False), ("a dog", 1.1, True)]),
        ("a,BREAK,b", [("a,", 1, False), (",b", 1, True)]),
        ("BREAK a", [("a", 1, True)]),
        ("a BREAK", [("a", 1, False)]),
        ("a BREAK BREAK b", [("a", 1, False), ("", 1, True), ("b", 1, True)]),
        ("BREAKFAST, a BREAKER, break", [("BREAKFAST, a BREAKER, break", 1, False)]),
    ],
)
def test_a_break_keeps_what_follows_apart(text: str, spans: list[tuple[str, float, bool]]) -> None:
    assert parse(text) == tuple(Span(*span) for span in spans)


@given(any_text)
@settings(max_examples=300)
def test_any_text_has_finite_weights_and_no_empty_spans(text: str) -> None:
    spans = parse(text)
    assert all(span.text and math.isfinite(span.weight) for span in spans)
    assert all(one.weight != next_.weight for one, next_ in itertools.pairwise(spans))


@given(any_text)
@settings(max_examples=300)
def test_words_come_back_without_the_syntax(text: str) -> None:
    def words(text: str) -> str:
        return re.sub(r"[()\[\]\\:.+\-0-9 \n]", "", text)

    assert words("".join(span.text for span in parse(text))) == words(text)


@given(st.text(max_size=60))
def test_escaped_text_comes_back_whole(text: str) -> None:
    escaped = re.sub(r"([()\[\]\\])", r"\\\1", text)
    assert parse(escaped) == ((Span(text, 1.0),) if text else ())


@given(st.text(alphabet="ab c", min_size=1, max_size=20), st.integers(-9999, 9999))
def test_a_weight_is_what_it_says(text: str, thousandths: int) -> None:
    weight = thousandths / 1000
    assert parse(f"({text}:{weight:.3f})") == (Span(text, weight),)


@pytest.mark.parametrize("text", ["(" * 100_000, "a" * (MAX_BYTES + 1), "猫" * MAX_BYTES])
def test_long_prompts_are_refused(text: str) -> None:
    with pytest.raises(RequestError, match="at most 16384"):
        parse(text)


def test_deep_brackets_are_refused() -> None:
    assert parse("(" * MAX_DEPTH + "a")[0].weight == pytest.approx(1.1**MAX_DEPTH)
    deepest = parse("(" * MAX_DEPTH + "a" + ":9999)" * MAX_DEPTH)
    assert math.isfinite(deepest[0].weight)
    for brackets in ("(" * (MAX_DEPTH + 1), "([" * MAX_DEPTH):
        with pytest.raises(RequestError, match="64 brackets"):
            parse(brackets)


@pytest.mark.parametrize(
    "part",
    [")", "\\", ":", ": ", ":1 ", "(a)", "[a:1]", "(:" + "1" * 50 + ")", "[(a:2)]", " ", "BREAK "],
)
def test_time_is_linear(part: str) -> None:
    def seconds(length: int) -> float:
        text = "(" * 60 + part * (length // len(part))
        start = time.process_time()
        parse(text)
        return time.process_time() - start

    assert seconds(16_000) < 0.1 + 100 * min(seconds(1000), seconds(1000))
