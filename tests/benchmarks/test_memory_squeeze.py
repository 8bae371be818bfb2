"""Squeezed for memory, the worker paints, or says that it cannot; and then paints again."""

import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits another process"),
]


def test_every_squeeze_ends_well(tmp_path: Path) -> None:
    from benchmarks import memory_squeeze  # noqa: PLC0415  it needs what only Linux has

    figures = memory_squeeze.squeezes(tmp_path, memory_squeeze.SMALL, steps=4, spare=2**30)
    assert sum(figures[outcome] for outcome in memory_squeeze.OUTCOMES) == 4
    assert figures["stuck"] == figures["other pictures"] == 0
    assert figures["done"] >= 1
    assert figures["done afterwards"] == 1
