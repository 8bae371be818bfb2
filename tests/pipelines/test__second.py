"""The second, larger pass over what was painted from words."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from underpaint import infotext
from underpaint.errors import ModelNotFoundError
from underpaint.events import Finished, Progress
from underpaint.families._model import Model
from underpaint.media import Image
from underpaint.networks.esrgan import Esrgan, EsrganParams
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


def test_a_persons_upscaler_enlarges_and_says_so(model: Model, tmp_path: Path) -> None:
    network = Esrgan(EsrganParams(channels=4, growth=2, blocks=1))
    (tmp_path / "ESRGAN").mkdir()
    torch.save(network.state_dict(), tmp_path / "ESRGAN" / "sharp.pth")
    request = replace(LARGE, hires_upscaler="sharp")
    *told, done = generate(request, model, folders=[tmp_path])
    assert isinstance(done, Finished)
    assert "Hires upscaler: sharp, " in done.media.text
    stages = [event.stage for event in told if isinstance(event, Progress)]
    assert stages == ["", "", "enlarging for the second pass", "", ""]
    again = list(generate(request, model, folders=[tmp_path]))[-1]
    assert again == done
    assert done.media.pixels != pictures(replace(LARGE, hires_upscaler="lanczos"), model)[0].pixels
    with pytest.raises(ModelNotFoundError, match="no 'sharp' in upscalers; there are: lanczos, ne"):
        next(generate(request, model))
