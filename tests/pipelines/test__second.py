"""The second, larger pass over what was painted from words."""

from dataclasses import replace
from typing import Any

import pytest

from underpaint import infotext
from underpaint.events import Finished, Progress
from underpaint.families._model import Model
from underpaint.media import Image
from underpaint.pipelines.image import generate
from underpaint.requests._upscalers import UPSCALERS
from underpaint.requests.image import ImageRequest

SMALL = ImageRequest(
    prompt="a fox",
    model="tiny",
    steps=2,
    width=64,
    height=64,
    seed=3,
    variation_seed=4,
    batch=1,
)
LARGE = replace(SMALL, hires_width=96, hires_height=128)


def pictures(request: ImageRequest, model: Model) -> list[Image]:
    return [event.media for event in generate(request, model) if isinstance(event, Finished)]


@pytest.mark.parametrize("upscaler", UPSCALERS)
def test_every_upscaler_paints_the_same_alone_and_in_company(model: Model, upscaler: str) -> None:
    request = replace(LARGE, hires_upscaler=upscaler, batch=2)
    together = pictures(request, model)
    assert [pictures(request.alone(index), model)[0] for index in (0, 1)] == together
    for picture in together:
        assert (picture.width, picture.height) == (96, 128)
    assert together[0].pixels != together[1].pixels


def test_the_second_pass_walks_its_own_steps_whatever_the_strength(model: Model) -> None:
    for strength in (0.3, 1.0):
        request = replace(LARGE, hires_steps=3, strength=strength)
        told = [event for event in generate(request, model) if isinstance(event, Progress)]
        assert [(event.step, event.steps) for event in told] == [(n, 5) for n in range(1, 6)]
        assert told[-1].preview is not None
        assert (told[-1].preview.width, told[-1].preview.height) == (12, 16)


@pytest.mark.parametrize(
    "values",
    [
        {"hires_prompt": "a dog"},
        {"hires_negative": "a dog"},
        {"hires_guidance_scale": 2.0},
        {"hires_sampler": "euler_ancestral"},
        {"hires_schedule": "beta", "strength": 0.5},
        {"strength": 0.3},
    ],
    ids=str,
)
def test_the_second_pass_has_its_own_settings_and_a_text_keeps_them(
    model: Model, values: dict[str, Any]
) -> None:
    request = replace(LARGE, **values)
    [picture] = pictures(request, model)
    assert picture.pixels != pictures(LARGE, model)[0].pixels
    said = replace(infotext.read(picture.text), variation_seed=4)
    assert pictures(said, model)[0].pixels == picture.pixels


def test_prompts_go_on_changing_in_the_second_pass(model: Model) -> None:
    later = replace(LARGE, prompt="[a fox:a dog:1.0]")
    written = replace(LARGE, hires_prompt="a dog")
    assert pictures(later, model)[0].pixels == pictures(written, model)[0].pixels
