"""Fields that must agree: each pair that may be, and the sentence for each that may not."""

import pytest

from underpaint.errors import RequestError
from underpaint.media import Image
from underpaint.requests import _agreement


def test_a_mask_lies_over_a_picture() -> None:
    for masked, init in ((False, False), (False, True), (True, True)):
        _agreement.check_mask(masked=masked, init=init)
    with pytest.raises(RequestError, match="mask is given without init"):
        _agreement.check_mask(masked=True, init=False)


def test_ways_to_bring_a_picture_to_size_may_exclude_others() -> None:
    _agreement.check_placing("stretch", "fill", "only_masked")
    _agreement.check_placing("latent", "noise", "")
    with pytest.raises(RequestError, match="resize is 'crop'; with only_masked"):
        _agreement.check_placing("crop", "original", "only_masked")
    with pytest.raises(RequestError, match="mask_content is 'fill', which needs the picture"):
        _agreement.check_placing("latent", "fill", "")


def test_strokes_lie_on_a_picture_of_the_same_size() -> None:
    small, large = (Image("L", side, 1, bytes(side)) for side in (1, 2))
    _agreement.check_sketch(None, None)
    _agreement.check_sketch(small, small)
    with pytest.raises(RequestError, match="original is given without init"):
        _agreement.check_sketch(small, None)
    with pytest.raises(RequestError, match="original is 2x1 and init is 1x1; they must be of one"):
        _agreement.check_sketch(large, small)


def test_noise_falls_from_one_level_to_a_lower() -> None:
    for least, most in ((0.0, 0.0), (9.0, 0.0), (0.5, 9.0)):
        _agreement.check_levels(least, most)
    with pytest.raises(RequestError, match="sigma_min is 9; it must be below sigma_max, which is"):
        _agreement.check_levels(9.0, 9.0)


def test_a_model_has_a_name() -> None:
    _agreement.check_model("mini")
    with pytest.raises(RequestError, match="model is ''"):
        _agreement.check_model("")
