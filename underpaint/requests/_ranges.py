"""Values of an axis in AUTOMATIC1111's notation: 1-5, 1-9 (+2), 0-1 [5]."""

import math
import re
from collections.abc import Iterator, Sequence

from underpaint.errors import RequestError
from underpaint.requests._fields import Field, shown

_NUMBER = r"([+-]?\d+(?:\.\d*)?)"
_RANGE = re.compile(
    rf"{_NUMBER}\s*-\s*{_NUMBER}\s*(?:\(\s*{_NUMBER}\s*\)|\[\s*(?P<count>\d{{1,9}})\s*\])?"
)


def spread(field: Field, words: Sequence[str]) -> Iterator[str]:
    """Yield the values that words stand for, ranges among numbers spread out.

    Raises:
        RequestError: a word is no number where it must be.
    """
    if field.kind not in (int, float):
        yield from words
        return
    for word in words:
        if (found := _RANGE.fullmatch(word)) is not None:
            yield from (_number(field, value) for value in _numbers(field, found))
            continue
        try:
            yield _number(field, field.kind(word))
        except (ValueError, OverflowError) as error:
            raise RequestError(
                f"{field.name} is {shown(word)}; it must be {field.allowed()}, "
                "or a range like 1-5, 1-9 (+2) or 1-9 [3]"
            ) from error


def _numbers(field: Field, found: re.Match[str]) -> Iterator[float]:
    """Yield the numbers of a range; of whole numbers, what is between them is cut off."""
    first, last = float(found[1]), float(found[2])
    if found["count"]:
        count = int(found["count"])
        gap = (last - first) / max(1, count - 1)
    else:
        gap = float(found[3] or 1)
        if not gap or (last - first) / gap < 0:
            raise RequestError(
                f"{field.name} is {shown(found[0])}; steps of {gap:g} never get from {first:g} "
                f"to {last:g}"
            )
        count = math.floor((last - first) / gap + 1e-9) + 1
    yield from (first + gap * place for place in range(count))


def _number(field: Field, value: float) -> str:
    return str(int(value + math.copysign(1e-9, value))) if field.kind is int else f"{value:.10g}"
