"""The whole of training on toys: it learns, and it goes on as if nothing had happened."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.training._things import packed
from underpaint.errors import TrainingError
from underpaint.events import Progress, Started
from underpaint.requests.train import TrainRequest
from underpaint.training.events import Learned, Noted
from underpaint.training.loop import train
from underpaint.weights.checkpoint import read, save

STAGES = (
    "preprocess",
    "diffusion process",
    "noise model",
    "architecture",
    "training",
    "sampling",
)
Ask = Callable[..., TrainRequest]
KINDS = ("autoencoder", "pixels", "latents")

PROGRAM = """
import sys
from pathlib import Path
from underpaint.requests.train import TrainRequest
from underpaint.training.loop import train
for event in train(TrainRequest.from_json(Path(sys.argv[1]).read_text("utf-8"))):
    print(type(event).__name__, getattr(event, "step", ""), getattr(event, "what", ""), flush=True)
"""


def begun(request: TrainRequest, folder: Path) -> subprocess.Popen[str]:
    """Start a run in a process of its own."""
    asked = folder / "asked.json"
    asked.write_text(request.to_json(), "utf-8")
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", PROGRAM, str(asked)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def model(request: TrainRequest) -> bytes:
    return (Path(request.out) / "toy.safetensors").read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_the_loss_falls(ask: Ask, kind: str) -> None:
    request = ask(kind, steps=80, batch=8)
    losses = [event.loss for event in train(request) if isinstance(event, Learned)]
    assert len(losses) == 80
    assert sum(losses[-20:]) < 0.85 * sum(losses[:20])


def test_six_stages_in_order(ask: Ask) -> None:
    events = list(train(ask("latents", sample_every=3)))
    stages = [e.what for e in events if isinstance(e, Started) and not isinstance(e, Noted)]
    assert tuple(stages) == STAGES
    steps = [event for event in events if isinstance(event, Learned)]
    assert [event.step for event in steps] == [1, 2, 3, 4, 5, 6]
    assert all(event.rate > 0 and event.seconds_left >= 0 for event in steps)
    sheets = [e for e in events if isinstance(e, Progress) and e.preview is not None]
    assert [(sheet.step, sheet.stage) for sheet in sheets] == [(3, "training"), (6, "sampling")]


@pytest.mark.parametrize(
    ("kind", "precision"), [*((kind, "float32") for kind in KINDS), ("latents", "bfloat16")]
)
def test_a_run_left_off_goes_on_to_the_same_bytes(
    ask: Ask, tmp_path: Path, kind: str, precision: str
) -> None:
    whole = ask(kind, accumulate=2, precision=precision, out=tmp_path / "whole")
    parts = replace(whole, out=str(tmp_path / "parts"))
    list(train(whole))
    for step in (2, 3):
        walk = train(parts)
        next(event for event in walk if isinstance(event, Learned) and event.step == step)
        walk.close()
    list(train(parts))
    assert model(whole) == model(parts)


@pytest.mark.parametrize("kills", [1, pytest.param(8, marks=pytest.mark.slow)])
def test_kill_9_at_any_moment_changes_nothing(ask: Ask, tmp_path: Path, kills: int) -> None:
    whole = ask("pixels", steps=50 + 50 * kills, checkpoint_every=1, out=tmp_path / "whole")
    list(train(whole))
    parts = replace(whole, out=str(tmp_path / "parts"))
    draw = random.Random(kills)
    for _ in range(kills):
        process = begun(parts, tmp_path)
        assert process.stdout is not None
        next(line for line in process.stdout if line.startswith("Learned"))
        time.sleep(draw.uniform(0, 1.5))
        process.kill()
        process.communicate()
    assert list(train(parts))
    assert model(whole) == model(parts)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_keeps_a_checkpoint_and_then_does_its_work(
    ask: Ask, tmp_path: Path, number: signal.Signals
) -> None:
    process = begun(ask("pixels", steps=100_000), tmp_path)
    assert process.stdout is not None
    with process.stdout as lines:
        next(line for line in lines if line.startswith("Learned 2 "))
        process.send_signal(number)
        last = list(lines)[-1]
    assert process.wait(60) == -number
    assert last.startswith(f"Noted  stopped by {number.name} after step ")
    step = int(last.split("after step ")[1].split(";")[0])
    assert (tmp_path / "run" / "checkpoints" / f"step-{step}" / "MANIFEST.json").is_file()


def test_minutes_end_a_run_that_can_go_on(ask: Ask) -> None:
    request = ask("pixels", minutes=0.0)
    words = [event.what for event in train(request) if isinstance(event, Noted)]
    assert "time is up after step 0; start again to go on" in words
    steps = [e.step for e in train(replace(request, minutes=None)) if isinstance(e, Learned)]
    assert steps == [1, 2, 3, 4, 5, 6]


def test_a_finished_run_only_paints_again(ask: Ask) -> None:
    request = ask("pixels")
    list(train(request))
    before = model(request)
    assert not [event for event in train(request) if isinstance(event, Learned)]
    assert model(request) == before


def test_the_model_is_the_mean_with_its_remarks(ask: Ask) -> None:
    request = ask("latents")
    list(train(request))
    made = read(Path(request.out) / "toy.safetensors")
    prefixes = {name.split(".")[0] for name in made.tensors}
    assert prefixes == {"model", "first_stage_model", "cond_stage_model"}
    assert made.metadata["underpaint.prediction"] == "v"
    assert made.metadata["underpaint.betas"] == "scaled_linear"
    assert made.metadata["underpaint.native"] == "16"
    assert float(made.metadata["underpaint.latent_scale"]) > 0
    ema = read(Path(request.out) / "checkpoints" / "step-6" / "ema.safetensors")
    assert all(torch.equal(made.tensors[name], mean) for name, mean in ema.tensors.items())


def test_a_frozen_text_encoder_stays(ask: Ask) -> None:
    request = ask("latents", steps=2, checkpoint_every=1, keep=10)
    walk = train(request)
    next(event for event in walk if isinstance(event, Learned))
    walk.close()
    list(train(request))
    steps = Path(request.out) / "checkpoints"
    first, last = (read(steps / f"step-{n}" / "weights.safetensors").tensors for n in (1, 2))
    same = {name for name in first if torch.equal(first[name], last[name])}
    assert same >= {name for name in first if name.startswith("cond_stage_model.")}
    assert "model.diffusion_model.out.2.weight" not in same


def test_an_infinite_loss_stops_the_run(ask: Ask, autoencoder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.safetensors"
    tensors = {name: torch.full_like(t, torch.nan) for name, t in read(autoencoder).tensors.items()}
    save(broken, tensors, {})
    with pytest.raises(TrainingError, match="the loss is nan at step 0"):
        list(train(ask("autoencoder", start=str(broken))))


def test_no_gpu_is_said(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(TrainingError, match="there is no GPU here"):
        list(train(ask("pixels", device="cuda")))


def test_bfloat16_and_auto_learn_too(ask: Ask) -> None:
    for precision in ("bfloat16", "auto"):
        losses = [
            event.loss
            for event in train(ask("autoencoder", precision=precision, resume=False, steps=30))
            if isinstance(event, Learned)
        ]
        assert losses[-1] < losses[0]


def test_fresh_starts_keep_what_was_there(ask: Ask) -> None:
    request = ask("pixels")
    list(train(request))
    list(train(replace(request, resume=False)))
    assert (Path(request.out) / "checkpoints.before" / "step-6").is_dir()


@pytest.mark.gpu
@pytest.mark.parametrize(("first", "second"), [("cuda", "cpu"), ("cpu", "cuda")])
def test_one_device_goes_on_where_the_other_stopped(ask: Ask, first: str, second: str) -> None:
    request = ask("latents", steps=60, batch=8, precision="auto")
    walk = train(replace(request, device=first))
    next(event for event in walk if isinstance(event, Learned) and event.step == 30)
    walk.close()
    losses = [e.loss for e in train(replace(request, device=second)) if isinstance(e, Learned)]
    alone = train(replace(request, device=second, out=f"{request.out}-alone"))
    expected = [event.loss for event in alone if isinstance(event, Learned)][30:]
    assert losses == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize("kind", KINDS)
def test_it_learns_from_a_file_of_cut_outs(ask: Ask, tmp_path: Path, kind: str) -> None:
    data = str(packed(tmp_path / "cutouts.safetensors"))
    request = replace(ask(kind, flip=False), data=data, compositions=20)
    notes = [event.what for event in train(request) if isinstance(event, Noted)]
    assert "6 cut-outs of 3 things" in notes
    assert "20 pictures of 16x16" in notes
    assert model(request)


def test_how_many_pictures_to_compose_must_be_told(ask: Ask, tmp_path: Path) -> None:
    data = str(packed(tmp_path / "cutouts.safetensors"))
    with pytest.raises(TrainingError, match="compositions must be above 0"):
        list(train(replace(ask("pixels"), data=data)))


def test_a_zero_terminal_run_learns_samples_and_says_so(ask: Ask) -> None:
    request = ask("pixels", zero_terminal=True, weighting="min_snr_plus", steps=20, sample_every=10)
    losses = [event.loss for event in train(request) if isinstance(event, Learned)]
    assert all(0 < loss < 10 for loss in losses)
    kept = read(Path(request.out) / "toy.safetensors")
    assert kept.metadata["underpaint.betas"] == "scaled_linear zero_terminal"
