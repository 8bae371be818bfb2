"""What a run does beside learning."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy
import pytest
import torch

from underpaint.events import Progress
from underpaint.requests.train import TrainRequest
from underpaint.training.architecture import architecture, learning
from underpaint.training.dataset import Pictures
from underpaint.training.events import Noted
from underpaint.training.reconstruction import Reconstruction
from underpaint.training.run import Run
from underpaint.training.student import Student
from underpaint.weights.checkpoint import read

Ask = Callable[..., TrainRequest]
Start = Callable[..., Run]


@pytest.fixture
def start(ask: Ask) -> Start:
    pixels = numpy.random.default_rng(0).integers(0, 256, (8, 16, 16, 3), numpy.uint8)

    def begin(**fields: object) -> Run:
        request = ask("autoencoder", **fields)
        networks = architecture(request, channels=3)
        lesson = Reconstruction(networks, Pictures(pixels, ((),) * 8, "noise"), flip=False)
        return Run(request, lesson, Student(request, networks), torch.device("cpu"))

    return begin


def step(run: Run) -> None:
    for weight in learning(run.lesson.networks).values():
        weight.grad = torch.ones_like(weight)
    run.learned(0.5, run.student.learn())


def notes(run: Run) -> list[str]:
    return [event.what for event in run.resume() if isinstance(event, Noted)]


def test_it_goes_on_and_says_what_changed(start: Start) -> None:
    run = start()
    assert notes(run) == []
    step(run)
    run.keep()
    again = start(learning_rate=0.5)
    assert notes(again) == [
        "going on after step 1",
        "from here on, these are not as they were: learning_rate",
    ]
    assert again.student.step == 1


def test_damage_is_said_and_the_one_before_taken(start: Start) -> None:
    run = start()
    notes(run)
    for _ in range(2):
        step(run)
        run.keep()
    victim = run.checkpoints / "step-2" / "ema.safetensors"
    victim.write_bytes(victim.read_bytes()[:-1])
    assert notes(start()) == [
        "skipped the checkpoint step-2: ema.safetensors is not what was written",
        "going on after step 1",
    ]


def test_as_many_checkpoints_as_asked_for_are_kept(start: Start) -> None:
    run = start(keep=2)
    notes(run)
    for _ in range(4):
        step(run)
        run.keep()
    assert sorted(path.name for path in run.checkpoints.iterdir()) == ["step-3", "step-4"]


def test_checkpoints_and_samples_come_when_it_is_time(start: Start) -> None:
    run = start(sample_every=2, steps=4, checkpoint_every=10**6)
    notes(run)
    sheets: list[int] = []
    for _ in range(4):
        step(run)
        sheets += [e.step for e in run.upkeep() if isinstance(e, Progress) and e.preview]
    assert sheets == [2]
    assert (run.folder / "reconstructions-0000002.png").is_file()
    assert not run.checkpoints.exists()
    run.saved_at -= 10**6
    list(run.upkeep())
    assert (run.checkpoints / "step-4").is_dir()


def test_samples_leave_the_weights_alone(start: Start) -> None:
    run = start()
    notes(run)
    step(run)
    before = run.student.checkpoint()
    kept = {name: weight.clone() for name, weight in before.weights.items()}
    run.sample("training")
    after = run.student.checkpoint().weights
    assert all(torch.equal(kept[name], after[name]) for name in kept)


def test_the_diary_has_the_mean_of_ten(start: Start) -> None:
    run = start(steps=30)
    notes(run)
    said: list[int] = []
    for number in range(10):
        for weight in learning(run.lesson.networks).values():
            weight.grad = torch.zeros_like(weight)
        said.append(run.learned(float(number), run.student.learn()).step)
    assert said == list(range(1, 11))
    assert run.log.losses == [(10, 4.5)]


def test_the_precision_measured_is_remembered(start: Start) -> None:
    run = start(precision="auto")
    notes(run)
    words = [event.what for event in run.choose_precision() if isinstance(event, Noted)]
    assert words[0].startswith("a batch takes float32 ")
    assert all(weight.grad is None for weight in learning(run.lesson.networks).values())
    step(run)
    run.keep()

    again = start(precision="auto")
    notes(again)
    assert list(again.choose_precision()) == []
    assert again.precision == run.precision
    fixed = start(precision="bfloat16")
    assert list(fixed.choose_precision()) == []
    assert fixed.precision == "bfloat16"


def test_leaving_off_keeps_a_checkpoint_but_an_error_does_not(start: Start) -> None:
    run = start()
    notes(run)
    step(run)
    with pytest.raises(ZeroDivisionError), run.kept():
        raise ZeroDivisionError
    assert not run.checkpoints.exists()
    with pytest.raises(GeneratorExit), run.kept():
        raise GeneratorExit
    assert (run.checkpoints / "step-1").is_dir()
    with run.kept():
        step(run)
    assert (run.checkpoints / "step-2").is_dir()


def test_the_model_of_an_autoencoder_has_its_scale_measured(start: Start) -> None:
    run = start()
    notes(run)
    scale = float(read(run.export()).metadata["underpaint.latent_scale"])
    lesson = run.lesson
    assert isinstance(lesson, Reconstruction)
    assert scale == pytest.approx(lesson.latent_scale())


def test_a_fresh_start_sets_the_old_run_aside(start: Start) -> None:
    run = start()
    notes(run)
    step(run)
    run.keep()
    fresh = start()
    fresh.request = replace(fresh.request, resume=False)
    assert notes(fresh) == []
    assert fresh.student.step == 0
    assert (Path(fresh.request.out) / "checkpoints.before" / "step-1").is_dir()
