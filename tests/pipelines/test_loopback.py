"""The loopback: each picture painted over the one before, and each one alone the same."""

from collections.abc import Iterator
from dataclasses import replace

import numpy
import pytest

from underpaint import infotext
from underpaint.errors import RequestError
from underpaint.events import Event, Failed, Finished, Progress
from underpaint.families import tiny
from underpaint.families._model import Model
from underpaint.media import Image
from underpaint.pipelines import image, loopback
from underpaint.requests.image import ImageRequest
from underpaint.requests.loopback import LoopbackRequest

AGAIN = LoopbackRequest(
    init=Image.of(numpy.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(numpy.uint8)),
    model="tiny",
    steps=4,
    width=64,
    height=64,
    seed=7,
    variation_seed=8,
    loops=3,
    strength=0.8,
    final_strength=0.3,
)


@pytest.fixture(scope="module")
def model() -> Model:
    return tiny.build(tiny.weights())


def events(request: ImageRequest, model: Model) -> list[Event]:
    assert isinstance(request, LoopbackRequest)
    return list(loopback.generate(request, lambda one: image.generate(one, model)))


def pictures(found: list[Event]) -> list[Image]:
    return [event.media for event in found if isinstance(event, Finished)]


def test_each_picture_is_what_the_next_starts_from(model: Model) -> None:
    found = pictures(events(AGAIN, model))
    assert len(set(found)) == 3
    before = AGAIN.init
    for number, picture in enumerate(found):
        assert before is not None
        [again] = pictures(list(image.generate(AGAIN.step(number, before), model)))
        assert again == picture
        before = picture


def test_a_picture_alone_is_the_same(model: Model) -> None:
    found = [event for event in events(AGAIN, model) if isinstance(event, Finished)]
    for index, event in enumerate(found):
        assert (event.index, event.request) == (index, AGAIN.alone(index))
        [alone] = [e for e in events(event.request, model) if isinstance(e, Finished)]  # pyright: ignore[reportArgumentType]
        assert (alone.media, alone.index) == (event.media, 0)


def test_a_text_tells_the_seed_and_the_strength_of_its_loop(model: Model) -> None:
    said = [infotext.read(picture.text) for picture in pictures(events(AGAIN, model))]
    assert [one.seed for one in said] == [7, 8, 9]
    assert [one.strength for one in said] == pytest.approx([0.8, 0.55, 0.3])


def test_a_mask_holds_through_all_loops(model: Model) -> None:
    levels = numpy.zeros((64, 64), numpy.uint8)
    levels[:, 32:] = 255
    found = pictures(events(replace(AGAIN, mask=Image.of(levels)), model))
    assert AGAIN.init is not None
    assert all((p.array()[:, :32] == AGAIN.init.array()[:, :32]).all() for p in found)


def test_progress_goes_over_all_loops(model: Model) -> None:
    steps = [(each.step, each.steps) for each in events(AGAIN, model) if isinstance(each, Progress)]
    assert steps == sorted(steps)
    assert steps[-1] == (12, 12)


def test_a_loop_that_fails_ends_it() -> None:
    def run(request: ImageRequest) -> Iterator[Event]:
        yield Failed(RequestError(str(request.seed)))

    assert len(list(loopback.generate(AGAIN, run))) == 1
