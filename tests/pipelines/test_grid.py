"""The grid: every picture painted as alone, in the order of the models, and a sheet at the end."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from underpaint import infotext
from underpaint.errors import RequestError
from underpaint.events import Event, Failed, Finished, Progress, Started
from underpaint.media import Image
from underpaint.pipelines import grid
from underpaint.requests.grid import GridRequest
from underpaint.requests.image import ImageRequest

GRID = GridRequest(
    prompt="a cat",
    seed=7,
    variation_seed=8,
    width=64,
    height=64,
    x="steps: 2, 4",
    y="Checkpoint name: mini, other",
    z="CFG Scale: 5-7 (+2)",
)


class Painter:
    """Paints each request in one colour, and remembers what it was asked for."""

    def __init__(self, failing: int = -1) -> None:
        self.asked: list[ImageRequest] = []
        self._failing = failing

    def run(self, request: ImageRequest) -> Iterator[Event]:
        self.asked.append(request)
        if len(self.asked) - 1 == self._failing:
            yield Failed(RequestError("no such luck"))
            return
        yield Started("loading")
        for step in range(request.steps // 2):  # as with a strength of a half
            yield Progress(step + 1, request.steps // 2)
        text = infotext.write(request, model_hash="", model_name=request.model)
        pixels = bytes([request.steps, int(request.guidance_scale), 0]) * 64 * 64
        yield Finished(Image("RGB", 64, 64, pixels, text), 0, request)


def test_each_picture_is_kept_and_then_the_sheet() -> None:
    events = list(grid.generate(GRID, Painter().run))
    finished = {event.index: event for event in events if isinstance(event, Finished)}
    assert set(finished) == set(range(9))
    assert events[-1] is finished[8]
    for index, cell in enumerate(GRID.cells()):
        assert finished[index].request == cell == GRID.alone(index)
        assert finished[index].media.pixels[:2] == bytes([cell.steps, int(cell.guidance_scale)])
    assert finished[8].request == GRID.alone(8)


def test_progress_goes_over_the_whole() -> None:
    events = grid.generate(GRID, Painter().run)
    steps = [(each.step, each.steps) for each in events if isinstance(each, Progress)]
    assert steps[-1] == (24, 24)
    assert steps == sorted(steps)


def test_pictures_of_one_model_follow_each_other() -> None:
    painter = Painter()
    list(grid.generate(GRID, painter.run))
    assert [request.model for request in painter.asked] == ["mini"] * 4 + ["other"] * 4


def test_the_sheet_alone_is_the_same_sheet() -> None:
    whole = list(grid.generate(GRID, Painter().run))[-1]
    alone = [e for e in grid.generate(GRID.alone(8), Painter().run) if isinstance(e, Finished)]  # pyright: ignore[reportArgumentType]
    assert isinstance(whole, Finished)
    assert [event.media for event in alone] == [whole.media]
    assert alone[0].index == 0


def test_the_sheet_says_what_is_on_it() -> None:
    last = list(grid.generate(GRID, Painter().run))[-1]
    assert isinstance(last, Finished)
    assert infotext.read(last.media.text) == replace(
        GRID.alone(0), schedule="karras", variation_seed=-1
    )
    pairs = infotext.parts(last.media.text)[2]
    assert pairs["Script"] == "X/Y/Z plot"
    assert (pairs["X Type"], pairs["X Values"]) == ("Steps", "2, 4")
    assert (pairs["Y Type"], pairs["Y Values"]) == ("Checkpoint name", "mini, other")
    assert (pairs["Z Type"], pairs["Z Values"]) == ("CFG Scale", "5-7 (+2)")


def test_a_picture_that_fails_ends_it() -> None:
    events = list(grid.generate(GRID, Painter(failing=2).run))
    assert isinstance(events[-1], Failed)
    assert sum(isinstance(event, Finished) for event in events) == 2


@pytest.mark.parametrize("legend", [True, False])
def test_the_legend_may_be_left_out(legend: bool) -> None:
    found = grid.legend(replace(GRID, legend=legend, batch=0))
    assert found.columns == (["Steps: 2", "Steps: 4"] if legend else ["", ""])
    assert found.rows == (["mini", "other"] if legend else ["", ""])
