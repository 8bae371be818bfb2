"""Masks from the request to the picture, softly and not."""

from dataclasses import replace

import numpy
import pytest
import torch

from underpaint import infotext
from underpaint.events import Finished
from underpaint.families import tiny
from underpaint.families._model import Model
from underpaint.media import Image
from underpaint.pipelines._paper import Paper
from underpaint.pipelines._repainting import Repainting
from underpaint.pipelines.image import generate
from underpaint.requests.image import ImageRequest

INIT = Image.of(numpy.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(numpy.uint8))
RAMP = Image.of(numpy.linspace(-100, 255, 64).clip(0).astype(numpy.uint8)[None].repeat(64, axis=0))
SOFT = ImageRequest(
    init=INIT,
    mask=RAMP,
    soft=True,
    width=64,
    height=64,
    steps=3,
    seed=3,
    variation_seed=4,
    batch=2,
    model="tiny",
)


@pytest.fixture(scope="module")
def model() -> Model:
    return tiny.build(tiny.weights())


def painted(request: ImageRequest, model: Model) -> list[Image]:
    return [event.media for event in generate(request, model) if isinstance(event, Finished)]


def test_cells_are_whole_or_soft() -> None:
    known = torch.zeros(1, 4, 8, 8)
    soft = Repainting.of(SOFT, Paper.of(SOFT), known).cells
    hard_request = replace(SOFT, soft=False)
    hard = Repainting.of(hard_request, Paper.of(hard_request), known).cells
    assert soft is not None
    assert hard is not None
    assert set(hard.unique().tolist()) == {0.0, 1.0}
    assert ((soft > 0) == (hard > 0)).all()
    assert len(soft.unique()) > 3


def test_without_a_mask_all_is_painted() -> None:
    plain = replace(SOFT, mask=None)
    repainting = Repainting.of(plain, Paper.of(plain), torch.zeros(1, 4, 8, 8))
    assert repainting.cells is None
    assert repainting.finished(INIT, torch.ones(1, 4, 8, 8)) == INIT


@pytest.mark.parametrize("values", [{}, {"only_masked": True}, {"mask_blur": 6}, {"width": 96}])
def test_where_the_mask_is_black_bits_stay(values: dict[str, int], model: Model) -> None:
    request = replace(SOFT, **values)
    share = Paper.of(request).share
    for picture in painted(request, model):
        assert share is not None
        init = INIT.resized(96, 64) if "width" in values else INIT
        black = share.array() == 0
        assert black.any()
        assert (picture.array()[black] == init.array()[black]).all()
        assert picture.rgb().pixels != init.pixels


def test_each_picture_is_painted_as_alone(model: Model) -> None:
    both = painted(SOFT, model)
    assert [painted(SOFT.alone(index), model)[0] for index in range(2)] == both
    assert both[0] != painted(replace(SOFT.alone(0), soft=False), model)[0]


def test_a_text_has_the_keys_of_a1111(model: Model) -> None:
    request = replace(SOFT.alone(0), soft_bias=1.5, soft_influence=0.25)
    text = painted(request, model)[0].text
    assert "Soft inpainting enabled: True" in text
    assert "Soft inpainting schedule bias: 1.5" in text
    again = infotext.read(text)
    assert (again.soft, again.soft_bias, again.soft_influence) == (True, 1.5, 0.25)
