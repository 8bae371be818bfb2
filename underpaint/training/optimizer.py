"""How the weights follow the gradient: AdamW, and numbers of the precision that is fastest."""

import math
import time
from collections.abc import Callable, Mapping
from typing import Literal

import torch
from torch import Tensor, nn

__all__ = ["Optimizer", "fastest", "numbers"]

Precision = Literal["float32", "bfloat16"]

BETAS = (0.9, 0.99)
LONGEST_GRADIENT = 1.0
TURNS = 3
"""Trials of each precision; the first, in which memory is laid out, does not count."""

MOMENTS = ("exp_avg", "exp_avg_sq", "step")


class Optimizer:
    """AdamW with clipped gradients, its memory open to be kept as plain tensors.

    Loshchilov and Hutter 2019, arXiv:1711.05101; clipping: Pascanu et al. 2013, arXiv:1211.5063.
    Only matrices and filters decay; biases and gains of normalisations do not.
    """

    def __init__(self, weights: Mapping[str, nn.Parameter], weight_decay: float) -> None:
        """Begin with no memory.

        Args:
            weights: what learns, by name.
            weight_decay: share of a weight taken away a step, times the learning rate.
        """
        self.weights = weights
        decaying = [weight for weight in weights.values() if weight.ndim > 1]
        others = [weight for weight in weights.values() if weight.ndim <= 1]
        groups = [
            {"params": decaying, "weight_decay": weight_decay},
            {"params": others, "weight_decay": 0.0},
        ]
        self.adam = torch.optim.AdamW(groups, lr=0.0, betas=BETAS, fused=True)

    def step(self, learning_rate: float) -> None:
        """Move the weights against their gradients, then forget the gradients."""
        torch.nn.utils.clip_grad_norm_(self.weights.values(), LONGEST_GRADIENT)
        for group in self.adam.param_groups:
            group["lr"] = learning_rate
        self.adam.step()
        self.adam.zero_grad()

    def memory(self) -> dict[str, Tensor]:
        """Return both moments and the step count of each weight, as `NAME.exp_avg` and so on."""
        return {
            f"{name}.{moment}": self.adam.state[weight][moment]
            for name, weight in self.weights.items()
            if weight in self.adam.state
            for moment in MOMENTS
        }

    def load(self, memory: Mapping[str, Tensor]) -> None:
        """Go on from what `memory` gave, on whichever device the weights now are."""
        for name, weight in self.weights.items():
            if f"{name}.step" in memory:
                self.adam.state[weight] = {
                    moment: _beside(memory[f"{name}.{moment}"], weight) for moment in MOMENTS
                }


def _beside(kept: Tensor, weight: Tensor) -> Tensor:
    """Return a copy of a kept tensor on the weight's device, laid out in memory like the weight."""
    if kept.shape != weight.shape:
        return kept.to(weight.device, copy=True)
    return torch.empty_like(weight, requires_grad=False).copy_(kept)


def numbers(precision: Precision, device: torch.device) -> torch.autocast:
    """Return the context in which networks multiply in this precision."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")


def fastest(work: Callable[[], object], device: torch.device) -> tuple[Precision, str]:
    """Return the precision in which some work takes least time, measured, and a word on it.

    They take turns, and the best turn counts, so that what else the machine does decides little.

    Args:
        work: a step's forward and backward pass, say.
        device: where it runs.
    """
    seconds: dict[Precision, float] = {"float32": math.inf, "bfloat16": math.inf}
    for turn in range(TURNS):
        for precision, best in seconds.items():
            took = _timed(work, precision, device)
            seconds[precision] = min(best, took) if turn else math.inf
    chosen = min(seconds, key=lambda precision: seconds[precision])
    words = ", ".join(f"{name} {took:.3f} s" for name, took in seconds.items())
    return chosen, f"a batch takes {words}: {chosen} is used"


def _timed(work: Callable[[], object], precision: Precision, device: torch.device) -> float:
    start = time.perf_counter()
    with numbers(precision, device):
        work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - start
