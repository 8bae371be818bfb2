"""Each kind of run gets its lesson."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from underpaint.diffusion.forward import FlowClock
from underpaint.requests.train import Sizes, TrainRequest
from underpaint.training.architecture import architecture
from underpaint.training.captions import tokenized
from underpaint.training.dataset import Pictures, prepare
from underpaint.training.denoising import Denoising
from underpaint.training.first_stage import load_first_stage
from underpaint.training.lessons import SHOWN, Lesson, clock, lesson
from underpaint.training.order import generator
from underpaint.training.reconstruction import Reconstruction

Ask = Callable[..., TrainRequest]


def pictures(request: TrainRequest) -> Pictures:
    walk = prepare(Path(request.data), Path(request.out), size=request.size)
    while True:
        try:
            next(walk)
        except StopIteration as stop:
            return stop.value


def made(request: TrainRequest) -> Lesson:
    cpu = torch.device("cpu")
    stage = load_first_stage(Path(request.autoencoder), cpu) if request.autoencoder else None
    channels = stage.network.params.latent_channels if stage else 3
    networks = architecture(request, channels=channels)
    data, cache = pictures(request), Path(request.out)
    walk = lesson(request, data, networks, first_stage=stage, tokenize=tokenized, cache=cache)
    while True:
        try:
            next(walk)
        except StopIteration as stop:
            return stop.value


@pytest.mark.parametrize("kind", ["autoencoder", "pixels", "latents"])
def test_every_kind_has_a_lesson_with_a_loss(ask: Ask, kind: str) -> None:
    taught = made(ask(kind))
    assert isinstance(taught, Reconstruction if kind == "autoencoder" else Denoising)
    assert len(taught) == 12
    assert taught.loss(torch.tensor([3, 1]), generator(0, "test", 0)).item() > 0


def test_latents_are_of_unit_spread_and_may_be_mirrored(ask: Ask) -> None:
    taught = made(ask("latents"))
    assert isinstance(taught, Denoising)
    draws = [taught.examples.clean(torch.arange(12), generator(0, "test", n)) for n in range(8)]
    assert 0.5 < float(draws[0].std()) < 2
    assert len({tuple(draw[0].flatten().tolist()) for draw in draws}) == 2
    assert taught.examples.shown(draws[0]).shape == (12, 3, 16, 16)


def test_words_are_taught_with_a_text_encoder_only(ask: Ask) -> None:
    silent, told = made(ask("pixels")), made(ask("latents"))
    assert isinstance(silent, Denoising)
    assert isinstance(told, Denoising)
    assert silent.captions is None
    assert told.captions is not None


def test_prompts_are_those_asked_for_or_captions_of_the_data(ask: Ask) -> None:
    asked = ask("pixels")
    given, found = made(asked), made(replace(asked, sample_prompts=()))
    assert isinstance(given, Denoising)
    assert isinstance(found, Denoising)
    assert given.prompts == ("box", "box 3")
    assert found.prompts == tuple(f"box {index}" for index in range(12))[:SHOWN]


def test_a_flow_has_a_clock_of_its_own(ask: Ask) -> None:
    assert isinstance(clock(ask("pixels", prediction="flow")), FlowClock)
    assert not isinstance(clock(ask("pixels", betas="cosine")), FlowClock)
    sizes = Sizes({**ask("pixels").network})
    assert made(ask("pixels", prediction="flow", network=sizes)).picture().width > 0
