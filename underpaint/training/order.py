"""Which pictures, and which chance, each step sees: functions of the seed and the step alone.

Nothing is remembered between steps, so a run that goes on at step n sees what it would have seen.
"""

import hashlib
from functools import lru_cache

import torch
from torch import Tensor

__all__ = ["generator", "indices"]


def generator(seed: int, purpose: str, number: int) -> torch.Generator:
    """Return a fresh CPU generator that depends on the arguments only.

    On the CPU, so that a run may move to a GPU and back and still draw the same noise.

    Args:
        seed: of the run.
        purpose: what is drawn; other purposes draw other numbers.
        number: a step or an epoch.
    """
    digest = hashlib.sha256(f"{seed} {purpose} {number}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "little", signed=True))


def indices(seed: int, count: int, *, start: int, batch: int) -> Tensor:
    """Return which pictures stand at places start .. start + batch - 1 of the endless order.

    Each epoch shows every picture once, in an order of its own.

    Args:
        seed: of the run.
        count: pictures there are, at least 1.
        start: the first place, 0 or more.
        batch: how many places.

    Returns:
        (batch,) int64, 0..count - 1.
    """
    places = range(start, start + batch)
    return torch.tensor([int(_shuffled(seed, count, p // count)[p % count]) for p in places])


@lru_cache(maxsize=4)
def _shuffled(seed: int, count: int, epoch: int) -> Tensor:
    return torch.randperm(count, generator=generator(seed, "epoch", epoch))
