"""Upscalers under A1111's names and ours."""

import pytest

from underpaint.errors import RequestError
from underpaint.requests._upscalers import (
    UPSCALERS,
    files,
    is_latent,
    picture_upscaler_id,
    upscaler_id,
)


def test_every_upscaler_answers_to_its_id_and_its_label() -> None:
    for id, label in UPSCALERS.items():
        assert upscaler_id(id) == upscaler_id(label) == upscaler_id(label.upper()) == id


def test_any_other_name_is_a_files() -> None:
    assert upscaler_id("4x-UltraSharp") == "4x-UltraSharp"
    assert files("lanczos", "4x-UltraSharp", "latent") == [("upscalers", "4x-UltraSharp")]
    assert upscaler_id("None") == "lanczos"
    with pytest.raises(RequestError, match="upscaler is ' '; it must be the name of an upscaler"):
        upscaler_id(" ")


def test_those_built_in_work_on_latents_or_on_pictures() -> None:
    assert [id for id in UPSCALERS if not is_latent(id)] == ["lanczos", "nearest"]
    assert not is_latent("latent-file")


def test_pictures_are_not_enlarged_by_what_works_on_latents() -> None:
    assert picture_upscaler_id("NEAREST", "upscaler") == "nearest"
    assert picture_upscaler_id("sharp", "upscaler") == "sharp"
    with pytest.raises(RequestError, match="by is 'Latent', which works on latents; it must be la"):
        picture_upscaler_id("Latent", "by")
