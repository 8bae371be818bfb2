"""Upscalers under A1111's names and ours."""

from typing import get_args

import pytest

from underpaint.errors import UnknownEntryError
from underpaint.requests._upscalers import UPSCALERS, Upscaler, upscaler_id


def test_every_upscaler_answers_to_its_id_and_its_label() -> None:
    assert tuple(UPSCALERS) == get_args(Upscaler)
    for id, label in UPSCALERS.items():
        assert upscaler_id(id) == upscaler_id(label) == upscaler_id(label.upper()) == id


def test_an_unknown_upscaler_lists_the_known() -> None:
    with pytest.raises(UnknownEntryError, match="no '4x-UltraSharp' in upscalers; there are: "):
        upscaler_id("4x-UltraSharp")
