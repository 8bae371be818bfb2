"""Latents are made once, and only used if they are exactly those asked for."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from underpaint.events import Event, Progress
from underpaint.requests.train import TrainRequest
from underpaint.training.cache import augmented, copies, latents
from underpaint.training.dataset import Pictures, prepare
from underpaint.training.events import Noted
from underpaint.training.first_stage import FirstStage, load_first_stage

Make = Callable[[TrainRequest], tuple[Tensor, list[Event]]]


@pytest.fixture
def request_(ask: Callable[..., TrainRequest]) -> TrainRequest:
    return ask("latents")


@pytest.fixture
def pictures(request_: TrainRequest, tmp_path: Path) -> Pictures:
    walk = prepare(Path(request_.data), tmp_path, size=16)
    while True:
        try:
            next(walk)
        except StopIteration as stop:
            return stop.value


@pytest.fixture
def stage(autoencoder: Path) -> FirstStage:
    return load_first_stage(autoencoder, torch.device("cpu"))


@pytest.fixture
def make(pictures: Pictures, stage: FirstStage, tmp_path: Path) -> Make:
    def walk(request: TrainRequest) -> tuple[Tensor, list[Event]]:
        steps, said = latents(request, pictures, stage, tmp_path), list[Event]()
        while True:
            try:
                said.append(next(steps))
            except StopIteration as stop:
                return stop.value, said

    return walk


def test_latents_are_those_of_the_pictures_and_of_their_mirrors(
    request_: TrainRequest, make: Make, pictures: Pictures, stage: FirstStage
) -> None:
    made, said = make(request_)
    assert made.shape == (2, 12, 4, 4, 4)
    assert [event.step for event in said if isinstance(event, Progress)] == [12, 24]
    pixels = pictures.batch(torch.arange(12))
    assert torch.equal(made[0], stage.encode(pixels) * stage.scale)
    assert torch.equal(made[1], stage.encode(pixels.flip(-1)) * stage.scale)
    assert 0.5 < float(made.std()) < 2


def test_they_are_made_once(request_: TrainRequest, make: Make) -> None:
    first, _ = make(request_)
    again, said = make(request_)
    assert not said
    assert torch.equal(first, again)


def test_other_settings_make_others(request_: TrainRequest, make: Make, tmp_path: Path) -> None:
    make(request_)
    other, said = make(replace(request_, variants=2, flip=False))
    assert said
    assert len(other) == 2
    assert len(list(tmp_path.glob("latents-*.safetensors"))) == 2


@pytest.mark.parametrize("place", [8, -1])
def test_a_damaged_file_is_made_again(
    request_: TrainRequest, make: Make, tmp_path: Path, place: int
) -> None:
    first, _ = make(request_)
    path = next(tmp_path.glob("latents-*.safetensors"))
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(bytes(data))
    again, said = make(request_)
    assert [event.what for event in said if isinstance(event, Noted)] == [
        f"{path.name} is damaged; the latents are made again"
    ]
    assert torch.equal(first, again)


def test_precision_auto_measures_and_agrees(request_: TrainRequest, make: Make) -> None:
    exact, _ = make(request_)
    quick, _ = make(replace(request_, precision="auto"))
    assert torch.allclose(exact, quick, atol=0.1)


def test_variants_move_a_little_and_repeat(ask: Callable[..., TrainRequest]) -> None:
    request = ask("pixels", variants=3)
    pixels = torch.rand(2, 3, 32, 32)
    assert copies(request) == 6
    assert augmented(pixels, 0, request) is pixels
    assert torch.equal(augmented(pixels, 1, request), pixels.flip(-1))
    moved = augmented(pixels, 2, request)
    assert moved.shape == pixels.shape
    assert torch.equal(moved, augmented(pixels, 2, request))
    assert torch.equal(augmented(pixels, 3, request), moved.flip(-1))
    assert not torch.equal(moved, augmented(pixels, 4, request))
    assert copies(replace(request, flip=False)) == 3
    assert torch.equal(augmented(pixels, 1, replace(request, flip=False)), moved)
