"""The whole of training, in six stages: `train`. It begins with a folder and ends with a model.

preprocess -> diffusion process -> noise model -> architecture -> training -> sampling
"""

import math
import time
from collections.abc import Generator
from pathlib import Path

import torch
from torch import nn

from underpaint.diffusion.prediction import PREDICTIONS
from underpaint.errors import TrainingError
from underpaint.events import Event, Started
from underpaint.networks.vae import Autoencoder
from underpaint.requests.train import TrainRequest
from underpaint.training import order
from underpaint.training.architecture import Networks, architecture, begun, check_size
from underpaint.training.captions import tokenized
from underpaint.training.compositions import Compositions
from underpaint.training.cutouts import SIDE, load
from underpaint.training.dataset import PictureSet, prepare
from underpaint.training.events import Noted
from underpaint.training.first_stage import load_first_stage
from underpaint.training.interruption import Interruption
from underpaint.training.lessons import Lesson, clock, lesson
from underpaint.training.optimizer import numbers
from underpaint.training.run import Run
from underpaint.training.student import Student

__all__ = ["gradients", "train"]


def train(request: TrainRequest) -> Generator[Event, None, None]:
    """Train a model, going on where an earlier run in the same folder stopped.

    Leave off taking events to stop it; like Ctrl-C and SIGTERM, that keeps a checkpoint first.
    A signal does its usual work after that: KeyboardInterrupt for Ctrl-C, the end for SIGTERM.

    Args:
        request: what to train, on what, for how long.

    Yields:
        `Started` for each of the six stages, `Progress` and `Learned` within them, `Noted` for
        what a person should know; sample pictures are previews.

    Raises:
        TrainingError: the data, the sizes or the folder do not allow it, or the loss has become
            infinite.
        StorageError: the folder cannot be written.
    """
    out = Path(request.out)
    device = _device(request)

    yield Started("preprocess")
    pictures = yield from _pictures(request, out / "cache")
    yield Noted(f"{len(pictures)} pictures of {request.size}x{request.size}")

    yield Started("diffusion process")
    levels = clock(request)
    if request.kind != "autoencoder":
        span = f"sigma {levels.sigma_min:.3g} to {levels.sigma_max:.4g}"
        yield Noted(f"{len(levels.sigmas)} levels, {span}")

    yield Started("noise model")
    if request.kind != "autoencoder":
        yield Noted(f"the network predicts {PREDICTIONS[request.prediction].name}")

    yield Started("architecture")
    first_stage = (
        load_first_stage(Path(request.autoencoder), device) if request.autoencoder else None
    )
    coded = first_stage.network.params if first_stage else None
    networks = architecture(request, channels=coded.latent_channels if coded else 3)
    check_size(request.size, networks, pixels=coded.factor if coded else 1)
    start = request.start or request.teacher
    if start:
        yield from begun(networks, Path(start))
    yield Noted(_placed(networks, device, compiled=request.compile))

    yield Started("training")
    taught = yield from lesson(
        request,
        pictures,
        networks,
        first_stage=first_stage,
        tokenize=tokenized,
        cache=out / "cache",
    )
    student = Student(request, networks)
    run = yield from _taught(request, taught, student, device)

    if run is not None:
        yield Started("sampling")
        yield run.sample("sampling")
        yield Noted(f"the model is {run.export()}")


def _pictures(request: TrainRequest, cache: Path) -> Generator[Event, None, PictureSet]:
    """Make the folder of pictures ready, or the file of cut-outs that they are composed from."""
    data = Path(request.data)
    if not data.is_file():
        return (yield from prepare(data, cache, size=request.size))
    if not request.compositions:
        raise TrainingError(f"{str(data)!r} is a file of cut-outs; compositions must be above 0")
    cutouts = load(data, SIDE)
    yield Noted(f"{len(cutouts)} cut-outs of {len(cutouts.things)} things")
    return Compositions(cutouts, count=request.compositions, size=request.size, seed=request.seed)


def _device(request: TrainRequest) -> torch.device:
    if request.device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if request.device == "cuda" and not torch.cuda.is_available():
        raise TrainingError("device is 'cuda' and there is no GPU here; auto or cpu will do")
    return torch.device(request.device)


def _placed(networks: Networks, device: torch.device, *, compiled: bool) -> str:
    """Move the networks to the device and return their sizes in words."""
    words: list[str] = []
    for name, network in networks.items():
        network.to(device=device).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        parts = (
            (network.encoder, network.decoder) if isinstance(network, Autoencoder) else (network,)
        )
        for part in parts if compiled else ():
            part.compile()
        words.append(f"{name} has {_millions(network)} million weights")
    return f"{', '.join(words)}, on {device.type}"


def _millions(network: nn.Module) -> str:
    return f"{sum(weight.numel() for weight in network.parameters()) / 1e6:.2f}"


def _taught(
    request: TrainRequest, taught: Lesson, student: Student, device: torch.device
) -> Generator[Event, None, Run | None]:
    """Go on from the last checkpoint until steps or minutes are over; None if it was stopped."""
    run = Run(request, taught, student, device)
    yield from run.resume()
    yield from run.choose_precision()
    until = time.monotonic() + 60 * (math.inf if request.minutes is None else request.minutes)

    with Interruption() as interruption, run.kept():
        while student.step < request.steps and time.monotonic() < until and not interruption.asked:
            loss = gradients(run)
            rate = student.learn()
            yield run.learned(loss, rate)
            yield from run.upkeep()

    if interruption.asked:
        yield Noted(
            f"stopped by {interruption.asked} after step {student.step}; start again to go on"
        )
        interruption.obey()
        return None
    if student.step < request.steps:
        yield Noted(f"time is up after step {student.step}; start again to go on")
    return run


def gradients(run: Run) -> float:
    """Lay the gradients of one step on the weights; return its loss.

    A step is `accumulate` batches. Which pictures they hold, and all that is drawn for them,
    depends on the seed and the step alone.
    """
    request, total = run.request, 0.0
    for part in range(request.accumulate):
        number = run.student.step * request.accumulate + part
        start = number * request.batch
        chosen = order.indices(request.seed, len(run.lesson), start=start, batch=request.batch)
        with numbers(run.precision, run.device):
            loss = run.lesson.loss(chosen, order.generator(request.seed, "batch", number))
        (loss / request.accumulate).backward()
        total += float(loss.detach()) / request.accumulate
    if not math.isfinite(total):
        raise TrainingError(
            f"the loss is {total} at step {run.student.step}; a lower learning rate than "
            f"{request.learning_rate} may help, from the last checkpoint"
        )
    return total
