"""What enlarges pictures, built in or learned."""

from collections.abc import Generator
from pathlib import Path

import numpy
import pytest
import torch

from underpaint.errors import ModelNotFoundError, RequestError
from underpaint.media import Image
from underpaint.networks.esrgan import Compact, CompactParams
from underpaint.pipelines._enlarging import enlarger, nearest
from underpaint.weights import checkpoint

CPU = torch.device("cpu")


def sketch(width: int, height: int, mode: str = "RGB") -> Image:
    channels = {"L": (), "RGB": (3,), "RGBA": (4,)}[mode]
    draw = numpy.random.default_rng(1)
    return Image.of(draw.integers(0, 256, (height, width, *channels), numpy.uint8))


def idle(folder: Path, enlarging: int = 2, name: str = "idle") -> Path:
    """Keep an upscaler that adds nothing to the nearest pixels, and return its models folder."""
    network = Compact(CompactParams(channels=4, convolutions=1, enlarging=enlarging))
    with torch.no_grad():
        for tensor in network.parameters():
            tensor.zero_()
    (folder / "ESRGAN").mkdir(exist_ok=True)
    checkpoint.save(folder / "ESRGAN" / f"{name}.safetensors", network.state_dict(), {})
    return folder


def steps_of(walk: Generator[None, None, Image]) -> int:
    return len(list(walk))


def test_the_nearest_pixel_is_one_there_was() -> None:
    assert nearest(Image("L", 2, 1, b"ab"), 4, 2) == Image("L", 4, 2, b"aabbaabb")


def test_what_is_built_in_enlarges_at_once() -> None:
    picture = sketch(6, 5)
    assert enlarger("lanczos", (), CPU)(picture, 12, 9) == picture.resized(12, 9)
    assert enlarger("nearest", (), CPU)(picture, 12, 9) == nearest(picture, 12, 9)
    assert steps_of(enlarger("nearest", (), CPU).walk(picture, 9, 9)) == 1


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_a_network_enlarges_pictures_of_every_mode(tmp_path: Path, mode: str) -> None:
    picture = sketch(6, 5, mode)
    large = enlarger("idle", [idle(tmp_path)], CPU)(picture, 12, 10)
    assert large.mode == mode
    wanted = nearest(picture, 12, 10).array()
    if mode == "RGBA":
        assert (large.array()[..., :3] == wanted[..., :3]).all()
        alpha = Image.of(picture.array()[..., 3].copy()).resized(12, 10)
        assert (large.array()[..., 3] == alpha.array()).all()
    else:
        assert (large.array() == wanted).all()


def test_a_network_is_used_as_often_as_it_takes_up_to_three_times(tmp_path: Path) -> None:
    by, picture = enlarger("idle", [idle(tmp_path)], CPU), sketch(3, 3)
    assert by(picture, 12, 12) == nearest(picture, 12, 12)
    assert by(picture, 9, 9) == nearest(picture, 12, 12).resized(9, 9)
    assert by(picture, 30, 30) == nearest(picture, 24, 24).resized(30, 30)
    for wanted, steps in ((3, 1), (2, 0), (4, 1), (6, 1), (7, 2), (30, 3), (300, 3)):
        assert by.steps((3, 3), (wanted, wanted)) == steps
        assert steps_of(by.walk(picture, wanted, wanted)) == steps


def test_a_network_that_does_not_enlarge_is_used_once(tmp_path: Path) -> None:
    by, picture = enlarger("idle", [idle(tmp_path, 1)], CPU), sketch(3, 3)
    assert by.steps((3, 3), (6, 6)) == 1
    assert by(picture, 6, 6) == picture.resized(6, 6)


def test_more_than_a_picture_can_be_is_made_on_no_way(tmp_path: Path) -> None:
    by = enlarger("idle", [idle(tmp_path, 4)], CPU)
    with pytest.raises(RequestError, match="'idle' enlarges 4 times, which makes more than 64 meg"):
        by.steps((4096, 4096), (4100, 4100))
    once = by.steps((2000, 2000), (8000, 8000))
    assert by.steps((2000, 2000), (8001, 8001)) == once


def test_an_unknown_name_lists_the_known(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="no 'x' in upscalers; there are: lanczos, near"):
        enlarger("x", [idle(tmp_path)], CPU)
