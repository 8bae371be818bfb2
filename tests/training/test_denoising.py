"""The denoising lesson, against what is known in closed form."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from underpaint.diffusion.forward import Clock, betas
from underpaint.diffusion.prediction import PREDICTIONS
from underpaint.networks.clip import ClipText
from underpaint.requests.train import Sizes, TrainRequest
from underpaint.training.architecture import Networks, architecture
from underpaint.training.captions import Captions, tokenized
from underpaint.training.denoising import Denoising, Examples, Process
from underpaint.training.order import generator

Ask = Callable[..., TrainRequest]

CLOCK = Clock.from_betas(betas("scaled_linear"))
ALL = torch.arange(4)


def examples(clean: Tensor) -> Examples:
    _, channels, height, width = clean.shape
    shape = (channels, height, width)
    return Examples(len(clean), shape, lambda indices, _: clean[indices], lambda x: x)


def silent(ask: Ask, clean: Tensor, prediction: str = "eps") -> Denoising:
    networks = architecture(ask("pixels"), channels=3)
    process = Process(CLOCK, PREDICTIONS[prediction])
    prompts = ("", "")
    return Denoising(networks, process, examples(clean), captions=None, prompts=prompts, seed=1)


def test_a_silent_network_errs_by_the_noise_itself(ask: Ask) -> None:
    lesson = silent(ask, torch.rand(4, 3, 16, 16))
    losses = [lesson.loss(ALL, generator(0, "test", n)).item() for n in range(20)]
    assert sum(losses) / 20 == pytest.approx(1.0, abs=0.05)


def test_a_silent_network_that_should_say_x0_errs_by_the_picture(ask: Ask) -> None:
    lesson = silent(ask, torch.full((4, 3, 16, 16), 0.5), "x0")
    assert lesson.loss(ALL, generator(0, "test", 0)).item() == pytest.approx(0.25)


def test_the_loss_depends_on_chance_alone(ask: Ask) -> None:
    lesson = silent(ask, torch.rand(4, 3, 16, 16))
    first, again, other = (lesson.loss(ALL, generator(0, "test", n)).item() for n in (5, 5, 6))
    assert first == again != other


def test_silence_paints_the_same_sheet_each_time(ask: Ask) -> None:
    lesson = silent(ask, torch.rand(4, 3, 16, 16), "v")
    assert len(lesson) == 4
    sheet = lesson.picture()
    assert sheet == lesson.picture()
    assert sheet.width > sheet.height


@pytest.fixture
def told(ask: Ask) -> tuple[Denoising, Networks]:
    request = ask("latents")
    free = replace(request, network=Sizes({**request.network, "freeze_text": False}))
    networks = architecture(free, channels=3)
    text = networks["text"]
    assert isinstance(text, ClipText)
    captions = Captions([("a cat",)] * 4, text, tokenized, dropout=0.0)
    process = Process(CLOCK, PREDICTIONS["v"])
    clean = examples(torch.rand(4, 3, 16, 16))
    prompts = ("a cat", "a dog")
    lesson = Denoising(networks, process, clean, captions=captions, prompts=prompts, seed=1)
    return lesson, networks


def test_words_reach_the_network_and_gradients_the_words(
    told: tuple[Denoising, Networks],
) -> None:
    lesson, networks = told
    for network in networks.values():
        for weight in network.parameters():
            weight.data += 0.02 * torch.randn(weight.shape, generator=generator(0, "shake", 0))
    lesson.loss(ALL, generator(0, "test", 0)).backward()
    position = networks["text"].get_parameter("text_model.embeddings.position_embedding.weight")
    assert position.grad is not None
    assert position.grad.abs().sum() > 0
    cat, dog = torch.tensor(lesson.picture().array()[:, :-2], dtype=torch.float).chunk(2, dim=1)
    assert not torch.equal(cat, dog)
