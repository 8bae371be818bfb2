r"""Attention weights in prompts, in the grammar of AUTOMATIC1111.

    (word)      1.1 times the attention; nests
    [word]      1 / 1.1 times
    (word:1.5)  1.5 times
    \( \) \[ \] \\   the character itself
    BREAK            what follows is read apart from what came before

An opening bracket that nothing closes holds to the end of the text; a closing bracket that nothing
opened is a bracket, and so is a weight outside brackets. A lone backslash is dropped.
"""

import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple

from underpaint.prompt._limits import bounded, shallow

_UP = 1.1
_DOWN = 1 / 1.1

_BREAK = re.compile(r"\bBREAK\b")

# At most four digits before the point, so that weights stay finite in brackets 64 deep.
_TOKEN = re.compile(
    r"""\\(?P<escaped>[()\[\]\\]?)
      | :\s*(?P<weight>[+-]?(?:\d{1,4}(?:\.\d{0,16})?|\.\d{1,16}))\s*\)
      | (?P<bracket>[()\[\]])
      | (?P<text>[^\\()\[\]:]+|:)""",
    re.VERBOSE,
)


class Span(NamedTuple):
    """A stretch of a prompt under one weight.

    Attributes:
        text: the words, without the syntax.
        weight: how many times the usual attention they get; 1 is usual, may be 0 or negative.
        apart: a BREAK stands before it: it begins a context of its own.
    """

    text: str
    weight: float
    apart: bool = False


def parse(text: str) -> tuple[Span, ...]:
    """Return the spans of `text` in order; () for no words.

    Neighbours differ in weight or are kept apart by a BREAK, and none is empty but for one
    between two BREAKs. Inside brackets a BREAK is one as well: there AUTOMATIC1111 multiplies the
    mark that it keeps for it with the brackets' weight, and reads it as a word.

    Time grows linearly with the text. Any brackets are accepted, balanced or not.

    Raises:
        RequestError: more than 16 KiB, or more than 64 brackets open at once.
    """
    return tuple(_merged(*_weighed(bounded(text))))


def _weighed(text: str) -> tuple[list[str], list[float], list[int]]:
    """Return the pieces of `text` without syntax, their weights, and the BREAKs before each."""
    words: list[str] = []
    weights: list[float] = []
    breaks: list[int] = []
    opened: dict[str, list[int]] = {")": [], "]": []}  # where each open bracket's words begin

    def close(bracket: str, factor: float) -> None:
        start = opened[bracket].pop()
        weights[start:] = [weight * factor for weight in weights[start:]]

    for token in _TOKEN.finditer(text):
        found = token.group()
        if found in ("(", "["):
            _open(opened, ")" if found == "(" else "]", len(words))
        elif found in (")", "]") and opened[found]:
            close(found, _UP if found == ")" else _DOWN)
        elif token["weight"] and opened[")"]:
            close(")", float(token["weight"]))
        else:
            pieces = _pieces(token)
            words += pieces
            weights += [1.0] * len(pieces)
            before = breaks[-1] if breaks else 0
            breaks += range(before, before + len(pieces))

    for bracket, factor in ((")", _UP), ("]", _DOWN)):
        while opened[bracket]:
            close(bracket, factor)
    return words, weights, breaks


def _pieces(token: re.Match[str]) -> list[str]:
    """Return the words of a token, cut where there is a BREAK."""
    if token["escaped"] is not None:
        return [token["escaped"]]
    first, *others = _BREAK.split(token.group())
    return [first.rstrip(), *(piece.strip() for piece in others)] if others else [first]


def _open(opened: dict[str, list[int]], bracket: str, start: int) -> None:
    shallow(sum(map(len, opened.values())))
    opened[bracket].append(start)


def _merged(words: list[str], weights: list[float], breaks: list[int]) -> Iterator[Span]:
    """Yield the pieces that are not empty, neighbours of one weight and context together."""
    pieces = [piece for piece in zip(words, weights, breaks, strict=True) if piece[0]]
    before = 0
    for (weight, broken), run in itertools.groupby(pieces, key=lambda piece: piece[1:]):
        yield from [Span("", 1.0, True)] * (broken - before - 1)
        yield Span("".join(word for word, *_ in run), weight, broken > before)
        before = broken
