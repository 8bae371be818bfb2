"""Pictures side by side."""

import torch

from underpaint.training.grid import GAP, grid


def test_sheets_are_about_square_and_keep_the_order() -> None:
    pixels = torch.stack([torch.full((3, 4, 5), value) for value in (-1.0, 0.0, 1.0)])
    sheet = grid(pixels)
    assert (sheet.width, sheet.height) == (2 * 5 + GAP, 2 * 4 + GAP)
    array = sheet.array()
    assert array[0, 0].tolist() == [0, 0, 0]
    assert array[0, 5 + GAP].tolist() == [128, 128, 128]
    assert array[4 + GAP, 0].tolist() == [255, 255, 255]


def test_columns_can_be_asked_for_and_gaps_are_white() -> None:
    sheet = grid(torch.full((3, 3, 2, 2), -1.0), columns=3)
    assert (sheet.width, sheet.height) == (3 * 2 + 2 * GAP, 2)
    assert sheet.array()[0, 2].tolist() == [255, 255, 255]


def test_what_lies_outside_is_cut_off() -> None:
    assert grid(torch.full((1, 3, 1, 1), 9.0)).array().tolist() == [[[255, 255, 255]]]
    assert grid(torch.full((1, 3, 1, 1), -9.0)).array().tolist() == [[[0, 0, 0]]]
