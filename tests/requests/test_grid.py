"""The request of a grid: a picture's, its axes, and the requests it comes to."""

import subprocess
import sys
from typing import Any

import pytest

from underpaint.errors import RequestError
from underpaint.requests.grid import GridRequest
from underpaint.requests.image import ImageRequest

GRID = GridRequest(
    prompt="a red cat",
    seed=7,
    variation_seed=8,
    x="steps: 1-3",
    y="Prompt S/R: cat, dog",
    z="Checkpoint name: mini, other",
)


def test_every_combination_is_a_picture_and_the_sheet_is_one_more() -> None:
    cells = list(GRID.cells())
    assert (GRID.shape, len(cells), GRID.batch) == ((3, 2, 2), 12, 13)
    assert [cell.steps for cell in cells] == [1, 2, 3] * 4
    assert [cell.prompt for cell in cells[:6]] == ["a red cat"] * 3 + ["a red dog"] * 3
    assert [cell.model for cell in cells] == ["mini"] * 6 + ["other"] * 6
    assert {cell.seed for cell in cells} == {7}
    assert {type(cell) for cell in cells} == {ImageRequest}


def test_a_picture_alone_is_its_own_request() -> None:
    assert [GRID.alone(index) for index in range(12)] == list(GRID.cells())
    sheet = GRID.alone(12)
    assert isinstance(sheet, GridRequest)
    assert (sheet.sheet_only, sheet.batch) == (True, 1)
    assert sheet.alone(0) == sheet


def test_axes_change_the_request_one_after_the_other() -> None:
    grid = GridRequest(prompt="a cat", x="Prompt S/R: cat, old cat", y="Prompt S/R: a, one")
    prompts = [cell.prompt for cell in grid.cells()]
    assert prompts == ["a cat", "a old cat", "one conet", "one old conet"]


def test_json_round_trip_is_exact() -> None:
    again = GridRequest.from_json(GRID.to_json())
    assert again == GRID
    assert hash(again) == hash(GRID)


def test_seeds_on_an_axis_are_drawn_too() -> None:
    drawn = iter(range(100, 200))
    grid = GridRequest(x="seed: -1, 5, -1").resolved(lambda: next(drawn))
    assert grid.x == "Seed: 102, 5, 103"
    assert [cell.seed for cell in grid.cells()] == [102, 5, 103]
    assert grid.resolved(lambda: 0) == grid


def test_each_file_that_a_picture_needs_is_named_once() -> None:
    assert list(GRID.needs()) == [("models", "mini"), ("models", "other")]


def test_without_axes_it_is_one_picture() -> None:
    grid = GridRequest(prompt="a cat")
    assert list(grid.cells()) == [ImageRequest(prompt="a cat", batch=1)]
    assert grid.batch == 2


@pytest.mark.parametrize(
    ("axes", "sentence"),
    [
        ({"x": "steps: 1-20", "y": "seed: 1-20"}, "the axes make 20 x 20 x 1 = 400 pictures; a"),
        ({"x": "steps: 20, 0"}, "steps is 0; it must be between 1 and 150"),
        ({"x": "sigma_min: 1, 9", "y": "sigma_max: 9"}, "sigma_min is 9; it must be below"),
    ],
)
def test_a_grid_of_which_one_cannot_be_painted_is_refused(
    axes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(RequestError, match=sentence):
        GridRequest(**axes)


def test_asking_needs_no_torch() -> None:
    words = "import sys, underpaint.requests.grid; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", words], check=False).returncode == 0
