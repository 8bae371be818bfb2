"""Words for colours: each paint has its own, and a turned hue is called what it became."""

import colorsys

import pytest
import torch
from torch import Tensor

from underpaint.training.colours import (
    HUES,
    PAINTS,
    WORDS,
    covered,
    dominant,
    turned,
    turns,
    words,
)


def flat(colour: tuple[int, int, int], side: int = 8) -> Tensor:
    return torch.tensor(colour, dtype=torch.uint8).expand(side, side, 3)


@pytest.mark.parametrize("word", WORDS)
def test_each_paint_is_called_by_its_word(word: str) -> None:
    assert dominant(flat(PAINTS[word]), torch.ones(8, 8)) == (word, 1.0)


@pytest.mark.parametrize(
    ("colour", "word"),
    [
        ((250, 240, 240), "white"),
        ((40, 42, 38), "black"),
        ((255, 120, 130), "pink"),
        ((90, 60, 30), "brown"),
        ((20, 40, 160), "blue"),
    ],
)
def test_other_shades_are_called_as_people_do(colour: tuple[int, int, int], word: str) -> None:
    assert WORDS[int(words(torch.tensor(colour)))] == word


def test_what_covers_most_decides_and_what_is_not_there_does_not() -> None:
    pixels = torch.cat([flat(PAINTS["red"]), flat(PAINTS["blue"]), flat(PAINTS["blue"])])
    assert dominant(pixels, torch.ones(24, 8)) == ("blue", pytest.approx(2 / 3))
    cover = torch.cat([torch.ones(8, 8), torch.zeros(16, 8)])
    assert dominant(pixels, cover) == ("red", 1.0)
    assert dominant(pixels, torch.zeros(24, 8))[1] == 0


def test_turning_agrees_with_the_standard_library() -> None:
    pixels = torch.randint(0, 256, (50, 3), generator=torch.Generator().manual_seed(0))
    for before, after in zip(pixels.tolist(), turned(pixels, 77.0).tolist(), strict=True):
        hue, saturation, value = colorsys.rgb_to_hsv(*(part / 255 for part in before))
        expected = colorsys.hsv_to_rgb((hue + 77 / 360) % 1, saturation, value)
        assert after == pytest.approx([255 * part for part in expected], abs=1e-2)


def test_turning_by_nothing_or_all_around_changes_nothing() -> None:
    pixels = torch.randint(0, 256, (9, 7, 3), generator=torch.Generator().manual_seed(1))
    for degrees in (0.0, 360.0):
        assert torch.allclose(turned(pixels, degrees), pixels.float(), atol=1e-2)


def test_a_thing_of_one_hue_can_have_every_other() -> None:
    pixels, cover = flat(PAINTS["yellow"]), torch.ones(8, 8)
    found = turns(pixels, cover)
    assert set(found) == set(HUES) - {"yellow"}
    for word, degrees in found.items():
        assert dominant(turned(pixels, degrees), cover)[0] == word


def test_a_dark_thing_is_not_turned_to_what_it_would_not_be_called() -> None:
    assert "orange" not in turns(flat((100, 20, 20)), torch.ones(8, 8))


@pytest.mark.parametrize("colour", ["white", "black", "grey"])
def test_what_has_no_hue_is_not_turned(colour: str) -> None:
    assert turns(flat(PAINTS[colour]), torch.ones(8, 8)) == {}


def test_what_has_many_hues_is_not_turned() -> None:
    pixels = torch.cat([flat(PAINTS[word]) for word in ("red", "green", "blue")])
    assert turns(pixels, torch.ones(24, 8)) == {}


def test_a_picture_is_covered_where_it_differs_from_its_rim() -> None:
    pixels = flat(PAINTS["light blue"], 16).clone()
    pixels[4:12, 6:10] = torch.tensor(PAINTS["red"], dtype=torch.uint8)
    cover = covered(pixels)
    assert cover.sum() == 8 * 4
    assert cover[4:12, 6:10].min() == 1
