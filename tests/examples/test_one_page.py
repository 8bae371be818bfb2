"""The page that shows the whole idea: it runs, and it is a page."""

import runpy
from pathlib import Path

import numpy
import pytest

from underpaint.media import Image

PAGE = Path(__file__).parents[2] / "examples" / "one_page.py"


def test_it_is_one_page() -> None:
    assert len(PAGE.read_text("utf-8").splitlines()) <= 100


def test_it_paints_from_words_and_from_a_sketch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    main = runpy.run_path(str(PAGE))["main"]
    sketch = tmp_path / "doodle.png"
    sketch.write_bytes(Image.of(numpy.full((64, 64, 3), 200, numpy.uint8)).png())

    painted: list[bytes] = []
    for start in ("", str(sketch)):
        main("a fox", start, "tiny")
        painted.append(Image.read("one_page.png").pixels)
    assert painted[0] != painted[1]
