"""How much a prompt may be."""

import pytest

from underpaint.errors import RequestError
from underpaint.prompt._limits import MAX_BYTES, MAX_DEPTH, bounded, shallow


def test_length_counts_in_bytes() -> None:
    assert bounded("a" * MAX_BYTES) == "a" * MAX_BYTES
    assert bounded("\ud800") == "\ud800"
    with pytest.raises(RequestError, match="the prompt is 16385 bytes long; it must be at most"):
        bounded("a" * (MAX_BYTES - 1) + "é")


def test_depth_is_counted_before_another_is_opened() -> None:
    shallow(MAX_DEPTH - 1)
    with pytest.raises(RequestError, match="more than 64 brackets open at once"):
        shallow(MAX_DEPTH)
