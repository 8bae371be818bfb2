"""Which pixels are taken over: those that changed, and never those that the mask keeps."""

from dataclasses import replace

import numpy
import torch

from underpaint.media import Image
from underpaint.pipelines._softening import share
from underpaint.requests.image import ImageRequest

REQUEST = ImageRequest(soft=True)
KNOWN = torch.zeros(1, 4, 8, 8)
WHITE = Image.of(numpy.full((64, 64), 255, numpy.uint8))


def changed(columns: slice, by: float = 5.0) -> torch.Tensor:
    latent = KNOWN.clone()
    latent[..., columns] += by
    return latent


def taken(latent: torch.Tensor, mask: Image = WHITE, **values: float) -> numpy.ndarray:
    return share(latent, KNOWN, mask, replace(REQUEST, **values)).array()


def test_what_has_changed_is_taken_and_what_has_not_is_kept() -> None:
    levels = taken(changed(slice(4, None)))
    assert levels.shape == (64, 64)
    assert levels[:, 60:].min() == 255
    assert levels[:, 0].max() < 16
    assert (numpy.diff(levels.astype(int), axis=1) >= 0).all()


def test_nothing_changed_takes_nothing() -> None:
    assert not taken(KNOWN).any()


def test_where_the_mask_is_black_nothing_is_taken() -> None:
    levels = numpy.full((64, 64), 255, numpy.uint8)
    levels[:, 32:40] = 0
    mask = Image.of(levels)
    assert not taken(changed(slice(None)), mask)[:, 32:40].any()
    assert taken(changed(slice(None)), mask)[:, :20].all()


def test_a_higher_threshold_takes_less_and_contrast_is_steeper() -> None:
    small = changed(slice(None), by=0.25)  # a distance of a half
    assert abs(int(taken(small)[32, 32]) - 128) <= 1
    assert taken(small, soft_threshold=2.0).max() < 30
    less, more = (changed(slice(None), by=by) for by in (0.2, 0.3))
    gap = {
        c: int(taken(more, soft_difference=c)[32, 32]) - int(taken(less, soft_difference=c)[32, 32])
        for c in (1.0, 4.0)
    }
    assert gap[4.0] > gap[1.0] > 0


def test_the_mask_may_have_its_say() -> None:
    grey = Image.of(numpy.full((64, 64), 128, numpy.uint8))
    small = changed(slice(None), by=0.25)
    knobs = {"soft_influence": 1.0, "soft_preservation": 4.0}
    white, half = (int(taken(small, mask, **knobs)[32, 32]) for mask in (WHITE, grey))
    assert white == 255
    assert half < white
    assert taken(small, WHITE)[32, 32] == taken(small, grey)[32, 32]


def test_one_odd_place_is_smoothed_away() -> None:
    latent = changed(slice(None))
    latent[..., 4, 4] = 0.0
    assert taken(latent).min() == 255
