"""Networks that adapters change for a while, and that are then the same again, to the last bit.

A network's own tensors stay as they are; each that is changed has another beside it, and the two
change places. So whoever looks at a network outside sees its own, whatever was painted before.
"""

from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Self

import torch
from torch import Tensor, nn

from underpaint.errors import WeightsError
from underpaint.weights import adapters
from underpaint.weights.adapters import Piece

__all__ = ["TEXT", "UNET", "Wardrobe", "Worn"]

UNET, TEXT = "unet", "text_encoder"
"""What adapters call the networks; a second text encoder is `TEXT`_2."""


class Worn(NamedTuple):
    """An adapter and how much of it to add; equal ones add the same.

    Attributes:
        path: its file.
        text: weight in the text encoders, any sign; 1 is usual.
        unet: weight in the U-Net.
        written: when the file was, in nanoseconds.
    """

    path: Path
    text: float = 1.0
    unet: float = 1.0
    written: int = 0

    @classmethod
    def of(cls, path: Path, text: float = 1.0, unet: float = 1.0) -> Self:
        """Return an adapter as its file is now.

        Args:
            path: the file.
            text: weight in the text encoders.
            unet: weight in the U-Net.

        Raises:
            WeightsError: it is not there.
        """
        try:
            return cls(path, text, unet, path.stat().st_mtime_ns)
        except (OSError, ValueError) as error:
            raise WeightsError(f"cannot read {str(path)!a}: {error}") from error


class Wardrobe:
    """Keeps the networks of a model, and what they last wore, to put it on again for nothing."""

    def __init__(self, networks: Mapping[str, nn.Module]) -> None:
        """Begin with nothing worn.

        Args:
            networks: by the names that `adapters.Adapter` gives them.
        """
        self._networks = networks
        self._worn: tuple[Worn, ...] = ()
        self._changed: list[tuple[nn.Parameter, Tensor]] = []

    @contextmanager
    def wearing(self, worn: tuple[Worn, ...]) -> Generator[None]:
        """Change the networks by some adapters, until the context ends.

        Args:
            worn: which, and how much of each; they add up. None of them costs nothing.

        Raises:
            WeightsError: a file is not acceptable, not made for these networks, or not finite.
            StorageError: it is a pickle, and its conversion cannot be written anywhere.
        """
        if not worn:
            yield
            return
        if worn != self._worn:
            self._worn, self._changed = (), []  # makes room first
            self._changed = list(self._merged(worn))
            self._worn = worn
        own = [(parameter, parameter.data) for parameter, _ in self._changed]
        try:
            _put(self._changed)
            yield
        finally:
            _put(own)

    @torch.no_grad()
    def _merged(self, worn: tuple[Worn, ...]) -> Iterator[tuple[nn.Parameter, Tensor]]:
        """Yield each parameter that changes, and what it changes to."""
        shapes = {part: _shapes(network) for part, network in self._networks.items()}
        added: dict[tuple[str, str], list[tuple[Piece, float]]] = defaultdict(list)
        for one in worn:
            for place, pieces in adapters.fitted(adapters.read(one.path), shapes).items():
                weight = one.unet if place[0] == UNET else one.text
                if weight:
                    added[place] += [(piece, weight) for piece in pieces]
        for (part, name), pieces in added.items():
            parameter = self._networks[part].get_parameter(name)
            merged = _sum(parameter.data, pieces)
            if not bool(merged.isfinite().all()):
                names = ", ".join(ascii(one.path.name) for one in worn)
                raise WeightsError(
                    f"{names} would make numbers of {part} {name} that are not finite"
                )
            yield parameter, merged


def _sum(own: Tensor, pieces: list[tuple[Piece, float]]) -> Tensor:
    """Return a tensor with changes added in float32 or wider, laid out as it was."""
    total = own.to(torch.promote_types(own.dtype, torch.float32), copy=True)
    for (change, rows), weight in pieces:
        part = total[rows]
        part += weight * change.on(own[rows].to(total))
    return torch.empty_like(own).copy_(total)


def _shapes(network: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(parameter.shape) for name, parameter in network.named_parameters()}


def _put(tensors: list[tuple[nn.Parameter, Tensor]]) -> None:
    for parameter, tensor in tensors:
        parameter.data = tensor
