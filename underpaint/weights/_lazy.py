"""Tensors that are made when they are asked for, so that a large file need not fit in memory twice.

Whoever walks over `tensors.items()` and keeps nothing holds one tensor at a time. Each look makes
it anew: keep what is needed more than once.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

__all__ = ["Promise", "Tensors", "promises"]


@dataclass(frozen=True, slots=True)
class Promise:
    """A tensor that is not made yet.

    Attributes:
        dtype: of its numbers.
        shape: its sizes.
        make: makes it.
    """

    dtype: torch.dtype
    shape: tuple[int, ...]
    make: Callable[[], Tensor]

    @classmethod
    def of(cls, tensor: Tensor) -> Self:
        """Return the promise of a tensor that is there."""
        return cls(tensor.dtype, tuple(tensor.shape), lambda: tensor)

    @property
    def nbytes(self) -> int:
        """How many bytes it will have."""
        return torch.Size(self.shape).numel() * self.dtype.itemsize

    def turned(self, turn: Callable[[Tensor], Tensor], shape: tuple[int, ...]) -> "Promise":
        """Return the promise of what `turn` makes of it, in another shape."""
        return Promise(self.dtype, shape, lambda: turn(self.make()))


class Tensors(Mapping[str, Tensor]):
    """Promised tensors by name."""

    def __init__(self, promised: Mapping[str, Promise]) -> None:
        """Keep promises.

        Args:
            promised: by name.
        """
        self.promised = promised

    def __getitem__(self, name: str) -> Tensor:
        """Make a tensor."""
        return self.promised[name].make()

    def __contains__(self, name: object) -> bool:
        """Whether there is one of this name; makes none."""
        return name in self.promised

    def __iter__(self) -> Iterator[str]:
        """Walk over the names."""
        return iter(self.promised)

    def __len__(self) -> int:
        """Count them."""
        return len(self.promised)


def promises(tensors: Mapping[str, Tensor]) -> Mapping[str, Promise]:
    """Return the promises of tensors, made or not; makes none.

    Args:
        tensors: by name.
    """
    if isinstance(tensors, Tensors):
        return tensors.promised
    return {name: Promise.of(tensor) for name, tensor in tensors.items()}
