"""Pictures to tensors and back, masks to cells, and what a mask keeps."""

import numpy
import torch

from underpaint.media import Image
from underpaint.pipelines import _pixels


def noise(*shape: int, seed: int = 0) -> Image:
    levels = numpy.random.default_rng(seed).integers(0, 256, shape, dtype=numpy.uint8)
    return Image.of(levels)


def block(height: int, width: int, rows: slice, columns: slice, level: int = 255) -> Image:
    """Return a black mask with a block in it."""
    levels = numpy.zeros((height, width), numpy.uint8)
    levels[rows, columns] = level
    return Image.of(levels)


def test_every_level_survives_the_way_to_a_tensor_and_back() -> None:
    levels = numpy.arange(256, dtype=numpy.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    picture = Image.of(levels)
    pixels = _pixels.tensor(picture)
    assert pixels.shape == (1, 3, 16, 16)
    assert (float(pixels.min()), float(pixels.max())) == (-1, 1)
    assert _pixels.picture(pixels) == picture


def test_pictures_stand_side_by_side_and_are_cut_to_range() -> None:
    pixels = torch.stack([torch.full((3, 2, 4), -7.0), torch.full((3, 2, 4), 7.0)])
    row = _pixels.picture(pixels)
    assert (row.mode, row.width, row.height) == ("RGB", 8, 2)
    assert row.array()[:, :4].max() == 0
    assert row.array()[:, 4:].min() == 255


def test_a_mask_of_the_right_size_is_not_touched() -> None:
    mask = noise(40, 24)
    assert _pixels.fitted(mask, 24, 40) == mask


def test_a_coloured_mask_becomes_grey_and_what_is_transparent_is_kept() -> None:
    levels = numpy.full((8, 8, 4), 255, numpy.uint8)
    levels[:, 4:, 3] = 0
    mask = _pixels.fitted(Image.of(levels), 8, 8)
    assert mask.mode == "L"
    assert mask.array()[:, :4].min() == 255
    assert mask.array()[:, 4:].max() == 0


def test_scaling_a_mask_changes_nothing_beyond_its_edge() -> None:
    """Lanczos would leave a faint halo some pixels away from the edge."""
    mask = block(64, 64, slice(None), slice(32, 64))
    for side in (24, 40, 96, 200):
        levels = _pixels.fitted(mask, side, side).array()
        edge, reach = side // 2, -(-side // 64) + 1
        assert levels[:, : edge - reach].max() == 0
        assert levels[:, edge + reach :].min() == 255


def test_a_thin_stroke_outlives_scaling_down() -> None:
    mask = _pixels.fitted(block(512, 512, slice(None), slice(17, 18)), 64, 64)
    assert mask.array()[:, 2].min() > 0


def test_a_single_pixel_repaints_its_whole_cell() -> None:
    mask = block(64, 48, slice(17, 18), slice(40, 41), level=1)
    cells = _pixels.cells(mask, 8, 6)
    assert cells.shape == (1, 1, 8, 6)
    assert cells.sum() == 1
    assert cells[0, 0, 2, 5] == 1


def test_pasting_keeps_black_blends_grey_and_takes_white() -> None:
    known, painted = noise(4, 6, 3, seed=1), noise(4, 6, 3, seed=2)
    levels = numpy.array([[0, 0, 128, 128, 255, 255]] * 4, numpy.uint8)
    mixed = _pixels.pasted(known, painted, Image.of(levels)).array()
    before, after = known.array(), painted.array()
    assert (mixed[:, :2] == before[:, :2]).all()
    assert (mixed[:, 4:] == after[:, 4:]).all()
    middle = (before[:, 2:4].astype(float) + after[:, 2:4]) / 2
    assert numpy.abs(mixed[:, 2:4] - middle).max() <= 1


def test_shares_of_a_mask_run_from_0_to_1() -> None:
    shares = _pixels.shares(Image.of(numpy.array([[0, 51, 255]], numpy.uint8)))
    assert torch.equal(shares, torch.tensor([[[[0, 0.2, 1]]]]))


def test_a_picture_that_tiles_does_so_at_any_size() -> None:
    waves = numpy.sin(numpy.arange(32) * (2 * numpy.pi / 32)) * 100 + 128
    levels = numpy.stack([waves[None] + 20 * numpy.ones((16, 1)), *[waves[None].repeat(16, 0)] * 2])
    tile = Image.of(levels.transpose(1, 2, 0).round().astype(numpy.uint8))
    large = _pixels.resized_as_tile(tile, 80, 40).array()
    rolled = Image.of(numpy.roll(tile.array(), 8, 1))
    shifted = _pixels.resized_as_tile(rolled, 80, 40).array()
    assert (numpy.roll(large, 20, 1) == shifted).all()
    plain = numpy.roll(tile.resized(80, 40).array(), 20, 1)
    assert (plain != rolled.resized(80, 40).array()).any()
    assert _pixels.resized_as_tile(tile, 32, 16) is tile
