"""Strokes on a picture: they say where to paint, and with which colours to begin."""

from dataclasses import replace

import numpy
import pytest

from underpaint.errors import RequestError
from underpaint.events import Finished
from underpaint.families import tiny
from underpaint.media import Image
from underpaint.pipelines._paper import Paper
from underpaint.pipelines._sketching import sketched
from underpaint.pipelines.image import generate
from underpaint.requests.image import ImageRequest

ORIGINAL = Image.of(numpy.random.default_rng(0).integers(1, 250, (64, 64, 3)).astype(numpy.uint8))
STROKE = (slice(20, 40), slice(10, 50))


def drawn() -> Image:
    levels = ORIGINAL.array().copy()
    levels[STROKE] = (255, 0, 0)
    levels[5, 5, 2] += 1  # one channel, by one
    return Image.of(levels)


SKETCHED = ImageRequest(
    init=drawn(),
    original=ORIGINAL,
    width=64,
    height=64,
    steps=2,
    seed=3,
    variation_seed=4,
    batch=1,
    model="tiny",
)


def test_the_mask_is_what_differs_in_any_channel() -> None:
    init, mask = sketched(ORIGINAL, drawn())
    expected = numpy.zeros((64, 64), numpy.uint8)
    expected[STROKE] = expected[5, 5] = 255
    assert (mask.array() == expected).all()
    assert init == drawn()


def test_transparency_takes_the_mask_back() -> None:
    for transparency, level in ((0.0, 255), (0.25, 191), (1.0, 0)):
        assert sketched(ORIGINAL, drawn(), transparency=transparency)[1].array().max() == level


def test_a_blurred_stroke_mixes_with_what_was_there_and_reaches_no_further() -> None:
    init, mask = sketched(ORIGINAL, drawn(), blur=4)
    outside = mask.array() == 0
    assert (init.array()[outside] == ORIGINAL.array()[outside]).all()
    reds = init.array()[30, 10:50, 0].astype(int)
    assert reds[20] == 255
    assert reds[0] < 255


def test_pictures_alike_have_nothing_to_paint() -> None:
    init, mask = sketched(ORIGINAL, ORIGINAL, blur=8)
    assert init == ORIGINAL
    assert not mask.array().any()


@pytest.mark.parametrize("values", [{}, {"mask_blur": 6}, {"mask_transparency": 0.5}])
def test_outside_the_strokes_nothing_changes(values: dict[str, float]) -> None:
    request = replace(SKETCHED, **values)
    model = tiny.build(tiny.weights())
    [painted] = [each.media for each in generate(request, model) if isinstance(each, Finished)]
    outside = (drawn().array() == ORIGINAL.array()).all(axis=-1)
    assert (painted.array()[outside] == ORIGINAL.array()[outside]).all()
    assert (painted.array()[STROKE] != drawn().array()[STROKE]).any()


def test_a_mask_besides_is_repainted_too() -> None:
    levels = numpy.zeros((64, 64), numpy.uint8)
    levels[60:] = 255
    repaint = Paper.of(replace(SKETCHED, mask=Image.of(levels))).repaint
    assert repaint is not None
    assert repaint.array()[62].min() == repaint.array()[30, 20] == 255
    assert repaint.array()[50].max() == 0


def test_the_two_pictures_belong_together() -> None:
    with pytest.raises(RequestError, match="original is given without init; give the picture with"):
        ImageRequest(original=ORIGINAL)
    with pytest.raises(RequestError, match="original is 64x64 and init is 32x32; they must be of"):
        ImageRequest(original=ORIGINAL, init=ORIGINAL.resized(32, 32))
