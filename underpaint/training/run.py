"""What a run does beside learning: go on, keep checkpoints, write its diary, paint samples."""

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import torch

from underpaint.events import Event, Progress
from underpaint.requests.train import TrainRequest
from underpaint.training import checkpoint, order
from underpaint.training.events import Learned, Noted
from underpaint.training.export import export
from underpaint.training.lessons import Lesson
from underpaint.training.log import Log
from underpaint.training.optimizer import Precision, fastest, numbers
from underpaint.training.reconstruction import Reconstruction
from underpaint.training.student import Student

__all__ = ["Run"]

LOG_EVERY = 10
SMOOTHING = 0.05


class Run:
    """One run in its folder: lesson and student, and how often to look up from the work."""

    def __init__(
        self, request: TrainRequest, lesson: Lesson, student: Student, device: torch.device
    ) -> None:
        """Prepare; nothing is read or written yet.

        Args:
            request: what is asked for.
            lesson: what is taught.
            student: who learns.
            device: where.
        """
        self.request, self.lesson, self.student, self.device = request, lesson, student, device
        self.folder = Path(request.out)
        self.checkpoints = self.folder / "checkpoints"
        self.precision: Precision = "float32"
        self.saved_step, self.saved_at = 0, time.monotonic()
        self.step_seconds, self.last = 0.0, time.monotonic()
        self.losses: list[float] = []

    def resume(self) -> Generator[Event, None, None]:
        """Go on from the newest whole checkpoint, if there is one and it is wanted."""
        checkpoint.sweep(self.checkpoints)
        if not self.request.resume:
            checkpoint.set_aside(self.checkpoints, "before")
        kept, words = checkpoint.newest(self.checkpoints)
        for skipped in words:
            yield Noted(skipped)
        if kept is not None:
            changed = self.student.restore(kept)
            yield Noted(f"going on after step {kept.step}")
            if changed:
                yield Noted(f"from here on, these are not as they were: {', '.join(changed)}")
        self.log = Log(self.folder, self.student.step)
        self.saved_step = self.student.step

    def choose_precision(self) -> Generator[Event, None, None]:
        """Take the precision asked for, the one the run began with here, or the faster one."""
        wanted, facts = self.request.precision, self.student.facts
        if wanted != "auto":
            self.precision = wanted
        elif facts.get("device") == self.device.type:
            self.precision = cast(Precision, facts["precision"])
        else:
            self.precision, words = fastest(self._trial, self.device)
            self.student.optimizer.adam.zero_grad()
            yield Noted(words)
        facts.update(precision=self.precision, device=self.device.type)
        self.last = time.monotonic()

    def _trial(self) -> None:
        chosen = order.indices(0, len(self.lesson), start=0, batch=self.request.batch)
        self.lesson.loss(chosen, order.generator(0, "trial", 0)).backward()

    def learned(self, loss: float, learning_rate: float) -> Learned:
        """Say how the step just done went; every tenth time, write down the mean of ten."""
        now = time.monotonic()
        took, self.last = now - self.last, now
        smoothing = SMOOTHING if self.step_seconds else 1.0
        self.step_seconds += smoothing * (took - self.step_seconds)

        step, steps = self.student.step, self.request.steps
        rate = self.request.batch * self.request.accumulate / max(1e-9, self.step_seconds)
        self.losses.append(loss)
        if step % LOG_EVERY == 0 or step == steps:
            mean = sum(self.losses) / len(self.losses)
            self.log.learned(step, mean, learning_rate=learning_rate, rate=rate)
            self.losses.clear()
        return Learned(
            step,
            steps,
            "training",
            loss=loss,
            learning_rate=learning_rate,
            rate=rate,
            seconds_left=(steps - step) * self.step_seconds,
        )

    def upkeep(self) -> Iterator[Event]:
        """Between two steps: paint samples and keep a checkpoint when it is time."""
        every = self.request.sample_every
        if every and self.student.step % every == 0 and self.student.step < self.request.steps:
            yield self.sample("training")
        if time.monotonic() - self.saved_at >= self.request.checkpoint_every:
            self.keep()
        means, kept = self.student.means, self.request.snapshot_every
        if means is not None and self.student.step % kept == 0:
            means.keep(self.folder, self.student.step)
        self.last = time.monotonic()

    def sample(self, stage: str) -> Progress:
        """Paint samples with the running mean of the weights and keep the sheet as a file."""
        with self.student.ema.swapped_in(), numbers(self.precision, self.device):
            sheet = self.lesson.picture()
        self.log.picture(self.lesson.name, self.student.step, sheet)
        return Progress(self.student.step, self.request.steps, stage, sheet)

    def keep(self) -> None:
        """Keep a checkpoint and the curve of the loss; forget the oldest checkpoint."""
        checkpoint.save_checkpoint(self.checkpoints, self.student.checkpoint())
        checkpoint.prune(self.checkpoints, self.request.keep)
        self.log.draw()
        self.saved_step, self.saved_at = self.student.step, time.monotonic()

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep a checkpoint when the lesson ends, or is left off between two steps."""
        try:
            yield
        except GeneratorExit:
            if self.student.step > self.saved_step:
                self.keep()
            raise
        if self.student.step > self.saved_step:
            self.keep()

    def export(self) -> Path:
        """Write the model's file; an autoencoder's latent scale is measured for it first."""
        scale = 1.0
        if isinstance(self.lesson, Reconstruction):
            with self.student.ema.swapped_in():
                scale = self.lesson.latent_scale()
        learnt = self.student.checkpoint()
        return export(self.request, self.lesson.networks, learnt, latent_scale=scale)
