"""Learning to take few steps, against paths that are known in closed form, and whole on toys."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import Tensor

from underpaint.diffusion.forward import Clock, betas, zero_terminal
from underpaint.diffusion.prediction import PREDICTIONS
from underpaint.diffusion.samplers import euler
from underpaint.diffusion.sigmas import sgm_uniform
from underpaint.errors import TrainingError
from underpaint.networks.unet import UNet
from underpaint.requests.train import Sizes, TrainRequest
from underpaint.training.architecture import architecture
from underpaint.training.denoising import Examples, Process
from underpaint.training.distilling import (
    FINE,
    Distilling,
    Stretches,
    Teacher,
    landed,
    load_teacher,
    meant,
)
from underpaint.training.events import Learned
from underpaint.training.loop import train
from underpaint.training.order import generator
from underpaint.weights.checkpoint import read

Ask = Callable[..., TrainRequest]

CLOCK = Clock.from_betas(zero_terminal(betas("scaled_linear")))
WIDTH = 0.5
"""Deviation of the Gaussian data whose exact path is known: x shrinks with sqrt(w^2 + s^2)."""


def exact(x: Tensor, sigma: Tensor) -> Tensor:
    return x * (WIDTH**2 / (WIDTH**2 + sigma**2)).float().reshape(-1, 1, 1, 1)


def walked(x: Tensor, steps: int) -> Tensor:
    for step in euler.sample(exact, x, sgm_uniform(steps, CLOCK)):
        x = step.x
    return x


def test_stretches_meet_the_levels_that_few_steps_walk() -> None:
    for steps in (1, 4, 8):
        fine = sgm_uniform(steps * FINE, CLOCK)
        torch.testing.assert_close(fine[::FINE], sgm_uniform(steps, CLOCK), rtol=1e-9, atol=1e-12)


def test_what_is_drawn_lies_in_one_stretch() -> None:
    stretches = Stretches(sgm_uniform(4 * FINE, CLOCK), 4)
    sigma, below, end = stretches.drawn(500, generator(0, "test", 0))
    assert (sigma > below).all()
    assert (below >= end).all()
    assert torch.isin(end, sgm_uniform(4, CLOCK).round(decimals=9)).float().mean() > 0.2
    assert (end == 0).any()


def test_landing_and_its_inverse() -> None:
    x, denoised = torch.randn(2, 5, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    sigma = torch.tensor([4096.0, 20.0, 3.0, 1.0, 0.1], dtype=torch.float64)
    lower = torch.tensor([40.0, 10.0, 0.5, 0.9, 0.0], dtype=torch.float64)
    left = landed(x, denoised, sigma, lower)
    torch.testing.assert_close(landed(x, denoised, sigma, torch.zeros(5)), denoised)
    torch.testing.assert_close(meant(x, left, sigma, lower), denoised, rtol=1e-4, atol=1e-4)


class Straight(UNet):
    """A U-Net that knows nothing but the exact answer for Gaussian data, as v."""

    def forward(self, x: Tensor, timesteps: Tensor, *heard: Tensor | None) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        sigma = CLOCK.sigma(timesteps).reshape(-1, 1, 1, 1)
        noised = x.double() * (1 + sigma**2).sqrt()
        denoised = noised * WIDTH**2 / (WIDTH**2 + sigma**2)
        v = PREDICTIONS["v"]
        return ((denoised - v.c_skip(sigma) * noised) / v.c_out(sigma)).to(x.dtype)


def lesson(ask: Ask, steps: int = 4) -> Distilling:
    networks = dict(architecture(ask("pixels"), channels=3))
    own = networks["unet"]
    assert isinstance(own, UNet)
    teacher = Straight(own.params)
    networks["unet"] = Straight(own.params)
    clean = WIDTH * torch.randn(64, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    examples = Examples(64, (3, 4, 4), lambda indices, _: clean[indices], lambda x: x)
    return Distilling(
        networks,
        Process(CLOCK, PREDICTIONS["v"], "min_snr_plus"),
        examples,
        captions=None,
        prompts=("",),
        seed=0,
        teacher=Teacher(teacher, 1.0, steps),
    )


def test_who_takes_many_steps_is_nearly_its_own_teacher(ask: Ask) -> None:
    """The finer the stretches, the less there is to learn for one who knows the answer."""
    few, many = (
        float(lesson(ask, steps).loss(torch.arange(64), generator(0, "test", 0)))
        for steps in (1, 40)
    )
    assert many < 1e-4 < few


def test_the_target_is_where_the_teachers_path_leads(ask: Ask) -> None:
    """Short steps from the top of a stretch to its end, by the rule that targets are made of."""
    taught = lesson(ask)
    x = torch.randn(8, 3, 4, 4, generator=torch.Generator().manual_seed(1))
    sigmas = taught.stretches.sigmas[FINE : 2 * FINE + 1]
    y = x * float(sigmas[0])
    start = y.clone()
    for sigma, lower in pairwise(sigmas):
        y = landed(y, exact(y, sigma), sigma, lower)
    aim = meant(start, y, sigmas[0], sigmas[-1])
    torch.testing.assert_close(landed(start, aim, sigmas[0], sigmas[-1]), y, rtol=1e-4, atol=1e-4)
    grown = ((WIDTH**2 + sigmas[-1] ** 2) / (WIDTH**2 + sigmas[0] ** 2)).sqrt()
    assert float(y.norm() / start.norm()) == pytest.approx(float(grown), rel=0.15)


def test_its_sample_pictures_take_few_steps_without_guidance(ask: Ask) -> None:
    taught = lesson(ask)
    assert len(taught.levels()) == 5
    assert taught.guidance_scale == 1
    assert taught.picture() == taught.picture()


def test_a_student_begins_as_its_teacher_and_says_how_many_steps(ask: Ask, tmp_path: Path) -> None:
    teacher = ask("latents", steps=10, out=tmp_path / "teacher")
    list(train(teacher))
    student = ask(
        "latents",
        steps=3,
        out=tmp_path / "student",
        teacher=f"{teacher.out}/toy.safetensors",
        few_steps=2,
        learning_rate=0.0,
        ema=0.0,
    )
    losses = [event.loss for event in train(student) if isinstance(event, Learned)]
    assert all(loss > 0 for loss in losses)
    old, new = (read(Path(r.out) / "toy.safetensors") for r in (teacher, student))
    assert new.metadata["underpaint.few_steps"] == "2"
    for name, tensor in old.tensors.items():
        assert torch.equal(tensor, new.tensors[name]), name


def test_a_teacher_of_other_sizes_is_refused(ask: Ask, tmp_path: Path) -> None:
    teacher = ask("pixels", steps=1, out=tmp_path / "teacher")
    list(train(teacher))
    wide = Sizes({"unet": {**teacher.network["unet"], "channels": 16}})
    asked = replace(teacher, network=wide, teacher=f"{teacher.out}/toy.safetensors")
    with pytest.raises(TrainingError, match="no teacher of these sizes"):
        load_teacher(asked, architecture(asked, channels=3), torch.device("cpu"))


def test_a_text_encoder_that_learns_is_refused(ask: Ask) -> None:
    asked = ask("latents")
    learning = {name: part for name, part in asked.network.items() if name != "freeze_text"}
    networks = architecture(replace(asked, network=Sizes(learning)), channels=4)
    with pytest.raises(TrainingError, match="freeze_text must be true"):
        load_teacher(replace(asked, teacher="absent"), networks, torch.device("cpu"))
