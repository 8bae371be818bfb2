"""The sheet: every picture in its place, untouched, and the legend beside it."""

import numpy
import pytest

from underpaint.media import Image
from underpaint.pipelines import _sheet
from underpaint.pipelines._sheet import Legend, sheet


def plain(level: int, width: int = 64, height: int = 32) -> Image:
    return Image.of(numpy.full((height, width, 3), level, numpy.uint8))


def legend(columns: int, rows: int, blocks: int = 1, words: str = "") -> Legend:
    return Legend(*([words] * count for count in (columns, rows, blocks)))


def test_without_words_or_margins_pictures_touch() -> None:
    whole = sheet([plain(level) for level in range(6)], legend(3, 2)).array()
    assert whole.shape == (64, 192, 3)
    assert [int(whole[y, x, 0]) for y in (0, 63) for x in (0, 64, 191)] == [0, 1, 2, 3, 4, 5]


def test_margins_are_only_between_pictures() -> None:
    whole = sheet([plain(level) for level in range(4)], legend(2, 2), margin=5).array()
    assert whole.shape == (69, 133, 3)
    assert (whole[32:37] == 255).all()
    assert (whole[:, 64:69] == 255).all()


def test_blocks_stand_side_by_side() -> None:
    whole = sheet([plain(level) for level in range(8)], legend(2, 2, 2)).array()
    assert whole.shape == (64, 2 * 128 + _sheet.GAP, 3)
    assert [int(whole[0, x, 0]) for x in (0, 127, 136, 263)] == [0, 1, 4, 5]


def test_words_stand_above_and_beside() -> None:
    words = Legend(["steps: 1", "steps: 2"], ["cat", "dog"], [""])
    whole = sheet([plain(9)] * 4, words).array()
    left, top = whole.shape[1] - 128, whole.shape[0] - 64
    assert left == 48
    assert top > 0
    assert (whole[top:, left:] == 9).all()
    assert (whole[:top, left:] < 128).any()
    assert (whole[top:, :left] < 128).any()
    assert (whole[:top, :left] == 255).all()


def test_a_smaller_picture_stands_in_the_middle() -> None:
    whole = sheet([plain(0), plain(7, 32, 16)], legend(2, 1)).array()
    assert (whole[8:24, 80:112] == 7).all()
    assert (whole[:8, 64:] == 255).all()


def test_a_huge_sheet_shows_its_pictures_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_sheet, "MOST_PIXELS", 64 * 32)
    whole = sheet([plain(9)] * 4, legend(2, 2))
    assert (whole.width, whole.height) == (64, 32)
    assert set(whole.pixels) == {9}
