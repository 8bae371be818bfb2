"""Ways to another size, and the part of a picture that is painted by itself."""

import numpy
import pytest

from underpaint.errors import RequestError
from underpaint.media import Image
from underpaint.pipelines._placing import Box, placed, region
from underpaint.requests._repainting import RESIZES


def noise(height: int, width: int) -> Image:
    levels = numpy.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=numpy.uint8)
    return Image.of(levels)


def spot(height: int, width: int, top: int, left: int) -> Image:
    levels = numpy.zeros((height, width), numpy.uint8)
    levels[top : top + 10, left : left + 10] = 1
    return Image.of(levels)


@pytest.mark.parametrize("way", RESIZES)
@pytest.mark.parametrize("size", [(64, 96), (17, 5), (1, 1), (200, 64)])
def test_every_way_leads_to_the_size(way: str, size: tuple[int, int]) -> None:
    result = placed(noise(40, 30), way, *size)  # pyright: ignore[reportArgumentType]
    assert (result.width, result.height) == size


@pytest.mark.parametrize("way", RESIZES)
def test_what_has_the_proportions_is_scaled_only(way: str) -> None:
    picture = noise(40, 30)
    assert placed(picture, way, 30, 40) == picture  # pyright: ignore[reportArgumentType]
    assert placed(picture, way, 15, 20) == picture.resized(15, 20)  # pyright: ignore[reportArgumentType]


def test_cropping_cuts_two_sides_alike_and_filling_repeats_the_edges() -> None:
    picture = noise(40, 80)
    cropped = placed(picture, "crop", 40, 40).array()
    assert (cropped == picture.array()[:, 20:60]).all()
    filled = placed(picture, "fill", 80, 60).array()
    assert (filled[10:50] == picture.array()).all()
    assert (filled[:10] == picture.array()[:1]).all()
    assert (filled[50:] == picture.array()[-1:]).all()


def test_filling_and_cropping_undo_each_other() -> None:
    """What is painted of a part comes back to where it was."""
    picture = noise(40, 80)
    assert placed(placed(picture, "fill", 80, 80), "crop", 80, 40) == picture


def test_a_thread_is_not_cropped_to_a_square() -> None:
    with pytest.raises(RequestError, match="a picture of 65536x1 is too slim to be cropped to 64x"):
        placed(noise(1, 65536), "crop", 64, 64)


@pytest.mark.parametrize(
    ("top", "left", "padding", "box"),
    [
        (50, 100, 0, Box(100, 50, 10, 10)),
        (50, 100, 5, Box(95, 45, 20, 20)),
        (0, 0, 5, Box(0, 0, 15, 15)),
        (90, 190, 32, Box(158, 58, 42, 42)),
        (50, 100, 256, Box(0, 0, 200, 100)),
    ],
)
def test_a_part_is_what_is_masked_and_some_way_around(
    top: int, left: int, padding: int, box: Box
) -> None:
    assert region(spot(100, 200, top, left), 512, 512, padding=padding) == box


def test_a_part_has_the_proportions_it_is_painted_in_where_the_picture_reaches() -> None:
    mask = spot(100, 200, 50, 2)
    assert region(mask, 1024, 512, padding=0) == Box(0, 50, 20, 10)
    assert region(mask, 512, 1024, padding=0) == Box(2, 45, 10, 20)
    assert region(mask, 64, 2048, padding=0) == Box(2, 0, 10, 100)


def test_a_mask_that_keeps_all_has_the_whole_for_its_part() -> None:
    empty = Image.of(numpy.zeros((30, 40), numpy.uint8))
    assert region(empty, 64, 64, padding=8) == Box(0, 0, 40, 30)


def test_a_part_goes_back_where_it_was_cut() -> None:
    picture, box = noise(30, 40), Box(7, 5, 20, 10)
    assert box.put(box.cut(picture), picture) == picture
    black = box.put(Image.of(numpy.zeros((10, 20, 3), numpy.uint8)), picture).array()
    assert black[5:15, 7:27].max() == 0
    assert (black[:5] == picture.array()[:5]).all()
