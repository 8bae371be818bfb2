"""Pictures that grow: where they are painted, and that what was there stays."""

from dataclasses import replace

import numpy
import pytest

from underpaint.errors import RequestError
from underpaint.events import Finished
from underpaint.families import tiny
from underpaint.families._model import Model
from underpaint.media import Image
from underpaint.pipelines import _outpainting
from underpaint.pipelines._outpainting import Margins
from underpaint.pipelines._paper import Paper
from underpaint.pipelines.image import generate
from underpaint.requests._repainting import CONTENTS
from underpaint.requests.image import ImageRequest


def noise(*shape: int) -> Image:
    levels = numpy.random.default_rng(0).integers(0, 256, shape, dtype=numpy.uint8)
    return Image.of(levels)


GROWING = ImageRequest(
    init=noise(40, 56, 3),
    extend_left=16,
    extend_down=24,
    mask_blur=5,
    width=64,
    height=64,
    steps=2,
    seed=3,
    variation_seed=4,
    batch=1,
    model="tiny",
)
MARGINS = Margins.of(GROWING)


@pytest.fixture(scope="module")
def model() -> Model:
    return tiny.build(tiny.weights())


def painted(request: ImageRequest, model: Model) -> Image:
    [finished] = [event for event in generate(request, model) if isinstance(event, Finished)]
    return finished.media


def test_a_picture_goes_on_with_the_colours_of_its_edges() -> None:
    old = noise(40, 56, 3)
    new = MARGINS.extended(old).array()
    assert new.shape == (64, 72, 3)
    assert (new[:40, 16:] == old.array()).all()
    assert (new[:40, :16] == old.array()[:, :1]).all()
    assert (new[40:, 16:] == old.array()[-1:]).all()


def test_it_is_painted_where_it_grew_and_in_the_seam_only() -> None:
    levels = MARGINS.mask(56, 40, seam=5).array()
    kept = numpy.zeros((64, 72), bool)
    kept[:35, 21:] = True
    assert ((levels == 0) == kept).all()
    assert not Margins(0, 0, 0, 0).mask(8, 8, seam=4).array().any()
    assert Margins(1, 1, 1, 1).mask(8, 8, seam=64).array().all()
    assert (Margins(0, 9, 9, 0).mask(8, 8, seam=0).array() == 0).sum() == 64


def test_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_outpainting, "MAX_PIXELS", 64 * 71)
    with pytest.raises(RequestError, match="a picture of 56x40 would grow to 72x64; it must stay"):
        MARGINS.extended(noise(40, 56, 3))


def test_the_seam_fades_over_the_old_picture() -> None:
    share = Paper.of(GROWING).share
    assert share is not None
    assert (
        share.array()[0, 14:23].tolist() == [255, 255, 212, 170, 128, 85, 42, 0, 0]
        or (numpy.diff(share.array()[0, 14:23].astype(int)) <= 0).all()
    )
    assert share.array()[0, 21] == 0
    assert share.array()[0, 0] == 255


@pytest.mark.parametrize("content", tuple(CONTENTS))
def test_what_was_there_stays_to_the_last_bit(content: str, model: Model) -> None:
    request = replace(GROWING, mask_content=content)
    new = painted(request, model).array()
    assert new.shape == (64, 72, 3)
    old = noise(40, 56, 3).array()
    assert (new[:35, 21:] == old[:35, 5:]).all()
    assert (new[40:] != MARGINS.extended(noise(40, 56, 3)).array()[40:]).any()


def test_a_mask_counts_besides(model: Model) -> None:
    levels = numpy.zeros((40, 56), numpy.uint8)
    levels[4:12, 30:38] = 255
    masked = replace(GROWING, mask=Image.of(levels), mask_blur=0)
    repaint = Paper.of(masked).share
    assert repaint is not None
    assert (repaint.array()[4:12, 46:54] == 255).all()
    assert (repaint.array() == 0).sum() == 40 * 56 - 64


def test_only_what_grew_may_be_painted(model: Model) -> None:
    part = Paper.of(replace(GROWING, extend_left=0, only_masked=True, mask_padding=0)).part
    assert part is not None
    assert part.top > 0
    assert (painted(replace(GROWING, only_masked=True), model).width) == 72


def test_the_picture_keeps_its_size_so_it_is_not_resized() -> None:
    with pytest.raises(RequestError, match="resize is 'crop'; with extend_left the init picture"):
        replace(GROWING, resize="crop")
