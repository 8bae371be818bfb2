"""Several prompts in one picture: "a fox :1.2 AND a forest AND rain :-0.5".

The picture leans to each of them by its weight. Paper: Liu et al. 2022, arXiv:2206.01714.
"""

import re
from typing import NamedTuple

from underpaint.errors import RequestError
from underpaint.prompt._limits import bounded

MAX_PARTS = 16

_AND = re.compile(r"\bAND\b")
_WEIGHT = re.compile(r"\s*([+-]?(?:\d{1,4}(?:\.\d{0,16})?|\.\d{1,16}))\s*")


class Part(NamedTuple):
    """One of the prompts of a picture.

    Attributes:
        text: the prompt.
        weight: how far the picture leans to it; 1 is usual, below 0 leans away.
    """

    text: str
    weight: float


def parts(text: str) -> tuple[Part, ...]:
    """Return the prompts that AND joins, in order; the whole text where there is no AND.

    A weight stands behind a colon at a part's end, outside brackets. One at the end of a lone
    prompt is text: AUTOMATIC1111 takes "a clock at 10:30" for a weight of 30.

    Raises:
        RequestError: more than 16 KiB, or more than 16 parts.
    """
    texts = _AND.split(bounded(text))
    if len(texts) == 1:
        return (Part(text, 1.0),)
    if len(texts) > MAX_PARTS:
        raise RequestError(f"the prompt joins {len(texts)} parts by AND; at most {MAX_PARTS} do")
    return tuple(map(_part, texts))


def _part(text: str) -> Part:
    words, colon, number = text.rpartition(":")
    weight = _WEIGHT.fullmatch(number) if colon else None
    return Part(words.rstrip(), float(weight[1])) if weight else Part(text.rstrip(), 1.0)
