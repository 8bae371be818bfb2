"""Requests for larger pictures, carried out."""

from pathlib import Path

import numpy
import pytest
import torch

from underpaint import infotext
from underpaint.errors import ModelNotFoundError, RequestError
from underpaint.events import Event, Finished, Progress
from underpaint.media import Image
from underpaint.networks.esrgan import Esrgan, EsrganParams
from underpaint.pipelines.upscale import generate
from underpaint.requests.upscale import UpscaleRequest

TEXT = "a fox\nNegative prompt: people\nSteps: 9, Sampler: Euler a, Seed: 3, Size: 64x128"
SKETCH = Image.of(numpy.random.default_rng(1).integers(0, 256, (20, 30, 3), numpy.uint8), TEXT)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of models with a small ESRGAN in a file of torch.save."""
    torch.manual_seed(1)
    (tmp_path / "ESRGAN").mkdir()
    state = Esrgan(EsrganParams(channels=4, growth=2, blocks=1)).state_dict()
    torch.save({"params_ema": state}, tmp_path / "ESRGAN" / "sharp.pth")
    return tmp_path


def run(request: UpscaleRequest, *folders: Path) -> list[Event]:
    return list(generate(request, folders=folders, device=torch.device("cpu")))


def made(request: UpscaleRequest, *folders: Path) -> Image:
    last = run(request, *folders)[-1]
    assert isinstance(last, Finished)
    assert (last.index, last.request) == (0, request)
    return last.media


def test_a_picture_is_enlarged_by_a_factor() -> None:
    large = made(UpscaleRequest(init=SKETCH, scale=2))
    assert large.pixels == SKETCH.resized(60, 40).pixels
    assert large.text == f"{TEXT}, Postprocess upscale by: 2, Postprocess upscaler: Lanczos"
    assert infotext.read(large.text) == infotext.read(TEXT)


def test_a_picture_is_enlarged_to_a_size_and_cropped() -> None:
    large = made(UpscaleRequest(init=SKETCH, width=40, height=40, upscaler="Nearest"))
    assert (large.width, large.height) == (40, 40)
    whole = made(UpscaleRequest(init=SKETCH, width=40, height=40, crop=False, upscaler="nearest"))
    assert (whole.width, whole.height) == (60, 40)
    assert (large.array() == whole.array()[:, 10:50]).all()
    assert "Postprocess upscale to: 40x40, Postprocess crop to: 40x40, Postprocess" in large.text
    assert "crop" not in whole.text


def test_a_file_enlarges_and_says_how_far_it_is(folder: Path) -> None:
    request = UpscaleRequest(init=SKETCH, scale=4, upscaler="sharp")
    *steps, last = run(request, folder)
    assert steps == [Progress(1, 1, "enlarging by sharp")]
    assert isinstance(last, Finished)
    assert (last.media.width, last.media.height) == (120, 80)
    assert "Postprocess upscaler: sharp" in last.media.text
    assert made(request, folder) == last.media
    assert (folder / "ESRGAN" / "sharp.pth.safetensors").is_file()


def test_a_second_upscaler_is_laid_over_the_first(folder: Path) -> None:
    first, second = (
        made(UpscaleRequest(init=SKETCH, upscaler=name), folder) for name in ("sharp", "nearest")
    )
    both = UpscaleRequest(
        init=SKETCH, upscaler="sharp", second_upscaler="Nearest", second_visibility=0.25
    )
    mixed = 0.75 * first.array().astype(float) + 0.25 * second.array()
    assert abs(made(both, folder).array() - mixed).max() <= 0.51
    assert [event.steps for event in run(both, folder) if isinstance(event, Progress)] == [2, 2]
    told = "Postprocess upscaler: sharp, Postprocess upscaler 2: Nearest, Postprocess upscaler 2 v"
    assert told in made(both, folder).text


def test_a_picture_without_text_gets_one_that_can_be_read() -> None:
    text = made(UpscaleRequest(init=SKETCH.with_text(""))).text
    prompt, _, pairs = infotext.parts(text)
    assert prompt == ""
    assert pairs["Postprocess upscaler"] == "Lanczos"


def test_what_is_not_there_is_told(folder: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="there are: lanczos, nearest, sharp"):
        run(UpscaleRequest(init=SKETCH, upscaler="blunt"), folder)
    with pytest.raises(RequestError, match="init is missing"):
        run(UpscaleRequest())
