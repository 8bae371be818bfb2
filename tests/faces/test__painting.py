"""Verbs that make pictures, as the command line calls them."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch

from underpaint.errors import ModelNotFoundError, RequestError
from underpaint.faces import _options, _painting
from underpaint.faces._interruption import Interruption
from underpaint.media import Image
from underpaint.networks.esrgan import Compact, CompactParams
from underpaint.requests.image import ImageRequest
from underpaint.requests.upscale import UpscaleRequest

SKETCH = Image("RGB", 8, 4, bytes(96), "a sketch")


@pytest.fixture
def values(tmp_path: Path) -> Mapping[str, object]:
    """Return the options of a verb whose folders are the test's own."""
    given = {"models": [str(tmp_path / "models")], "out": str(tmp_path / "out"), "json": True}
    return given | dict.fromkeys(["device", "dtype", "threads", "style", "styles"])


def test_a_picture_is_enlarged_by_a_file_and_kept(
    values: Mapping[str, object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "models" / "RealESRGAN").mkdir(parents=True)
    network = Compact(CompactParams(channels=4, convolutions=1, enlarging=2))
    torch.save({"params": network.state_dict()}, tmp_path / "models" / "RealESRGAN" / "small.pth")
    request = UpscaleRequest(init=SKETCH, upscaler="small")
    with Interruption() as interruption:
        assert _painting.done(request, "enlarging", values, interruption=interruption) == 0
    assert '"event": "progress"' in capsys.readouterr().out
    large = Image.read(tmp_path / "out" / "00000-upscaled.png")
    assert (large.width, large.height) == (16, 8)
    assert large.text.startswith("a sketch\nPostprocess upscale by: 2, Postprocess upscaler: small")


def test_words_are_painted(values: Mapping[str, object], tmp_path: Path) -> None:
    asked = {"prompt": "a fox", "model": "tiny", "steps": "1", "batch": "1", "seed": "5"}
    asked |= {"width": "64", "height": "64"}
    with Interruption() as interruption:
        assert _painting.from_words(ImageRequest, {**values, **asked}, interruption) == 0
    assert Image.read(tmp_path / "out" / "00000-5.png").text.startswith("a fox\nSteps: 1")


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ({}, {"steps": 4, "sampler": "lcm", "schedule": "sgm_uniform"}),
        ({"steps": "9"}, {"steps": 9, "sampler": "lcm", "schedule": "sgm_uniform"}),
        ({"sampler": "euler"}, {"steps": 4, "sampler": "euler", "schedule": "automatic"}),
    ],
)
def test_what_suits_the_model_fills_what_nobody_said(
    given: dict[str, str], taken: dict[str, object]
) -> None:
    suits = {"steps": 4, "sampler": "lcm", "schedule": "sgm_uniform"}
    request = ImageRequest(**_options.given(ImageRequest, given))
    found = _painting._suited(request, suits, given)
    assert {name: getattr(found, name) for name in taken} == taken


def test_what_is_not_there_is_told_before_anything_is_made(
    values: Mapping[str, object], tmp_path: Path
) -> None:
    with Interruption() as interruption:
        with pytest.raises(ModelNotFoundError, match="no 'x' in upscalers"):
            request = UpscaleRequest(init=SKETCH, upscaler="x")
            _painting.done(request, "enlarging", values, interruption=interruption)
        with pytest.raises(RequestError, match="init is missing"):
            _painting.done(UpscaleRequest(), "enlarging", values, interruption=interruption)
    assert not (tmp_path / "out").exists()
