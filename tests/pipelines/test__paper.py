"""The init picture and the mask as the painting needs them."""

from dataclasses import replace
from typing import Any

import numpy
import pytest

from underpaint.events import Finished
from underpaint.families._model import Model
from underpaint.media import Image
from underpaint.pipelines._paper import Paper
from underpaint.pipelines._placing import Box
from underpaint.pipelines.image import generate
from underpaint.requests._repainting import CONTENTS
from underpaint.requests.image import ImageRequest


def noise(*shape: int, seed: int = 0) -> Image:
    levels = numpy.random.default_rng(seed).integers(0, 256, shape, dtype=numpy.uint8)
    return Image.of(levels)


def masked(**values: Any) -> ImageRequest:
    levels = numpy.zeros((100, 150), numpy.uint8)
    levels[40:60, 70:90] = 255
    plain = ImageRequest(init=noise(100, 150, 3), mask=Image.of(levels), width=64, height=96)
    return replace(plain, **values)


def test_from_words_there_is_no_paper() -> None:
    paper = Paper.of(ImageRequest())
    assert paper == Paper()
    painted = noise(8, 8, 3)
    assert paper.finished(painted) is painted
    assert paper.begun("fill") is None


def test_a_sketch_is_brought_to_size_and_what_is_painted_on_it_stays_whole() -> None:
    request = replace(masked(), mask=None)
    paper, painted = Paper.of(request), noise(96, 64, 3, seed=1)
    assert request.init is not None
    assert paper.sketch == request.init.resized(64, 96)
    assert paper.finished(painted) == painted
    cropped = Paper.of(replace(request, resize="crop")).sketch
    assert cropped is not None
    assert cropped != paper.sketch


@pytest.mark.parametrize("resize", ["stretch", "crop", "fill"])
def test_init_and_mask_go_the_same_way(resize: str) -> None:
    levels = numpy.where(numpy.indices((100, 150))[1] < 75, 0, 255).astype(numpy.uint8)
    both = Image.of(levels)
    paper = Paper.of(masked(init=both, mask=both, resize=resize))
    assert paper.sketch is not None
    assert paper.repaint is not None
    difference = paper.sketch.array()[..., 0].astype(int) - paper.repaint.array()
    assert numpy.abs(difference[:, [0, 10, 20, 44, 54, 63]]).max() <= 1


def test_a_mask_turned_around_repaints_what_it_kept() -> None:
    plain, turned = (Paper.of(masked(mask_invert=value)) for value in (False, True))
    assert plain.repaint is not None
    assert turned.repaint is not None
    assert (turned.repaint.array() == 255 - plain.repaint.array()).all()


def test_an_edge_fades_where_it_is_pasted_but_not_where_it_is_painted() -> None:
    plain, soft = Paper.of(masked()), Paper.of(masked(mask_blur=3))
    assert plain.share == plain.repaint == soft.repaint
    assert plain.share is not None
    assert soft.share is not None
    assert (soft.share.array() <= plain.share.array()).all()
    assert soft.share != plain.share


def test_a_part_is_painted_large_and_put_back_into_a_picture_of_its_own_size() -> None:
    request = masked(only_masked=True, mask_padding=10, width=128, height=128)
    paper = Paper.of(request)
    assert paper.part == Box(60, 30, 40, 40)
    assert paper.part is not None and request.init is not None
    assert paper.whole == request.init
    assert paper.sketch == paper.part.cut(request.init).resized(128, 128)

    after, before = paper.finished(noise(128, 128, 3, seed=1)).array(), request.init.array()
    assert after.shape == before.shape
    changed = (after != before).any(axis=2)
    assert changed[40:60, 70:90].mean() > 0.9
    changed[40:60, 70:90] = False
    assert not changed.any()


def test_a_part_without_room_for_its_proportions_is_not_distorted() -> None:
    rows, columns = numpy.indices((100, 150), numpy.uint8)
    init = Image.of(numpy.stack([rows, columns, rows + columns], axis=2))
    paper = Paper.of(masked(init=init, only_masked=True, mask_padding=256, width=304, height=304))
    assert paper.part == Box(0, 0, 150, 100)
    assert paper.sketch is not None
    back = paper.finished(paper.sketch).array().astype(int)
    assert numpy.abs(back - init.array()).max() <= 2


def test_filling_changes_what_is_begun_with_and_not_what_is_kept() -> None:
    paper = Paper.of(masked())
    filled = paper.begun("fill")
    assert paper.begun("original") == paper.sketch
    assert filled is not None
    assert paper.sketch is not None
    assert paper.repaint is not None
    kept = paper.repaint.array() == 0
    assert (filled.array()[kept] == paper.sketch.array()[kept]).all()
    assert filled != paper.sketch


@pytest.mark.parametrize(
    "values",
    [
        {"mask_blur": 5},
        {"mask_invert": True, "resize": "fill"},
        {"mask_content": "fill"},
        {"mask_content": "noise", "sampler": "euler_ancestral"},
        {"mask_content": "nothing", "resize": "crop", "strength": 1.0},
        {"resize": "latent", "mask_content": "nothing"},
        {"only_masked": True, "mask_padding": 8, "mask_blur": 2, "mask_content": "noise"},
    ],
    ids=str,
)
def test_what_is_not_masked_is_kept_to_the_last_bit_alone_and_in_company(
    model: Model, values: dict[str, Any]
) -> None:
    request = masked(model="tiny", steps=2, seed=3, variation_seed=0, batch=2, **values)
    paper = Paper.of(request)
    assert paper.whole is not None
    assert paper.share is not None
    together = painted(request, model)
    assert [painted(request.alone(index), model)[0] for index in (0, 1)] == together
    for picture in together:
        changed = (picture.array() != paper.whole.array()).any(axis=2)
        assert not changed[paper.share.array() == 0].any()
        assert changed[paper.share.array() > 80].mean() > 0.9


def test_each_content_begins_another_picture(model: Model) -> None:
    request = masked(model="tiny", steps=2, strength=0.5, seed=3, variation_seed=0, batch=1)
    contents = [replace(request, mask_content=content) for content in CONTENTS]
    assert len({painted(one, model)[0].pixels for one in contents}) == len(CONTENTS)


def painted(request: ImageRequest, model: Model) -> list[Image]:
    return [event.media for event in generate(request, model) if isinstance(event, Finished)]
