"""Everything that changes while a run learns, in one place: what a checkpoint holds."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import torch

from underpaint.errors import TrainingError
from underpaint.requests.train import TrainRequest
from underpaint.training.architecture import Networks, learning, weights
from underpaint.training.checkpoint import Checkpoint
from underpaint.training.ema import Ema
from underpaint.training.optimizer import Optimizer
from underpaint.training.posthoc import PowerMeans
from underpaint.training.schedule import learning_rate

__all__ = ["Student"]

FIXED = ("kind", "network", "prediction", "betas", "zero_terminal", "snapshot_every")
"""What cannot change in a run: its weights, or what is kept of them, would mean something else."""

FREE = frozenset(
    {"out", "minutes", "compile", "device", "checkpoint_every", "keep", "sample_every"}
    | {"sample_prompts", "resume", "start"}
)
"""What may change without a word: it has no say in the weights."""


class Student:
    """Networks with their optimizer, their running mean, and the number of steps they have done."""

    def __init__(self, request: TrainRequest, networks: Networks) -> None:
        """Begin at step 0.

        Args:
            request: the run's.
            networks: on the run's device.
        """
        self.request = request
        self.networks = networks
        self.optimizer = Optimizer(learning(networks), request.weight_decay)
        self.ema = Ema(learning(networks), request.ema)
        self.means = PowerMeans(learning(networks)) if request.snapshot_every else None
        self.step = 0
        self.facts: dict[str, Any] = {}

    def learn(self) -> float:
        """Take one step along the gradients that lie on the weights; return its learning rate."""
        wanted = self.request
        rate = learning_rate(
            self.step, peak=wanted.learning_rate, warmup=wanted.warmup, steps=wanted.steps
        )
        self.optimizer.step(rate)
        self.ema.update(self.step)
        if self.means is not None:
            self.means.update(self.step)
        self.step += 1
        return rate

    def checkpoint(self) -> Checkpoint:
        """Return all that is needed to go on from here."""
        seen = self.step * self.request.batch * self.request.accumulate
        state = {
            "step": self.step,
            "position": seen,
            "seed": self.request.seed,
            "random": "a generator of (seed, purpose, step) each; nothing is remembered",
            **self.facts,
        }
        memory = self.optimizer.memory()
        means = self.ema.mean | (self.means.named() if self.means else {})
        return Checkpoint(weights(self.networks), means, memory, state, self.request.to_json())

    @torch.no_grad()
    def restore(self, kept: Checkpoint) -> tuple[str, ...]:
        """Go on from a checkpoint, on whichever device the networks now are.

        Returns:
            What the request now asks for otherwise, by the names of its fields.

        Raises:
            TrainingError: it is of a run with other networks.
        """
        changed = _changed(self.request, TrainRequest.from_json(kept.config))
        for name, weight in weights(self.networks).items():
            weight.copy_(kept.weights[name])
        self.ema.load(kept.ema)
        if self.means is not None:
            self.means.load(kept.ema)
        self.optimizer.load(kept.optimizer)
        self.step = kept.step
        known: Mapping[str, Any] = kept.state
        self.facts = {name: known[name] for name in ("precision", "device") if name in known}
        return changed


def _changed(wanted: TrainRequest, before: TrainRequest) -> tuple[str, ...]:
    """Return which fields have changed that matter; refuse those that must not."""
    names = [field.name for field in fields(wanted) if field.name not in FREE]
    changed = [name for name in names if getattr(wanted, name) != getattr(before, name)]
    for name in changed:
        if name in FIXED:
            raise TrainingError(
                f"the run in {wanted.out!r} began with {name} {getattr(before, name)!r}, not "
                f"{getattr(wanted, name)!r}; give another folder, or do not resume"
            )
    return tuple(changed)
