"""Edges that fade inwards, and colours that flow in from around."""

import numpy
import pytest
import torch

from underpaint.media import Image
from underpaint.pipelines._filling import filled, softened


def block(rows: slice, columns: slice, level: int = 255, side: int = 32) -> Image:
    levels = numpy.zeros((side, side), numpy.uint8)
    levels[rows, columns] = level
    return Image.of(levels)


def noise(*shape: int) -> Image:
    return Image.of(numpy.random.default_rng(1).integers(0, 256, shape, dtype=numpy.uint8))


def test_an_edge_fades_evenly_inwards_and_not_at_the_pictures_border() -> None:
    levels = softened(block(slice(None), slice(16, None)), 4).array()
    assert levels[:, :16].max() == 0
    assert (levels == levels[0]).all()
    assert levels[0, 16:21].tolist() == [51, 102, 153, 204, 255]
    assert levels[0, 20:].min() == 255


@pytest.mark.parametrize("reach", [0, 1, 5, 64])
def test_no_pixel_is_repainted_more_than_before_and_none_is_lost(reach: int) -> None:
    for mask in (block(slice(9, 10), slice(None)), block(slice(3, 20), slice(5, 9), 130)):
        before, after = mask.array(), softened(mask, reach).array()
        assert (after <= before).all()
        assert ((after > 0) == (before > 0)).all()
    grey = noise(32, 32)
    assert (softened(grey, reach).array() <= grey.array()).all()


def test_without_reach_a_mask_is_as_it_was() -> None:
    mask = noise(8, 8)
    assert softened(mask, 0) is mask


def test_corners_come_out_round() -> None:
    levels = softened(block(slice(8, 24), slice(8, 24)), 7).array().astype(int)
    assert levels[8, 8] <= levels[8, 15] < levels[15, 15]
    assert (levels == levels.T).all()


def test_what_is_known_stays_and_what_is_not_is_between_its_colours() -> None:
    levels = numpy.full((32, 32, 3), 40, numpy.uint8)
    levels[:, 16:] = 200
    picture, mask = Image.of(levels), block(slice(4, 28), slice(6, 26))
    result = filled(Image.of(numpy.where(mask.array()[..., None] > 0, 255, levels)), mask).array()
    assert (result[mask.array() == 0] == picture.array()[mask.array() == 0]).all()
    assert result.min() == 40
    assert result.max() == 200
    assert result[16, 7].max() < result[16, 24].min()


def test_one_colour_around_fills_all() -> None:
    plain = numpy.full((32, 48, 3), (10, 120, 250), numpy.uint8)
    mask = numpy.zeros((32, 48), numpy.uint8)
    mask[3:31, 2:40] = 1
    spoilt = numpy.where(mask[..., None] > 0, 77, plain).astype(numpy.uint8)
    assert (filled(Image.of(spoilt), Image.of(mask)).array() == plain).all()


def test_nothing_known_is_grey() -> None:
    white = Image.of(numpy.full((9, 7), 255, numpy.uint8))
    assert set(filled(noise(9, 7, 3), white).array().ravel().tolist()) == {128}


def test_filling_does_not_hear_what_was_under_the_mask() -> None:
    mask, one = block(slice(4, 28), slice(6, 26)), noise(32, 32, 3)
    other = numpy.where(mask.array()[..., None] > 0, 0, one.array()).astype(numpy.uint8)
    assert filled(one, mask) == filled(Image.of(other), mask)
    assert torch.is_grad_enabled()
