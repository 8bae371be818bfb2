"""Who runs a network: torch itself, or a compiler that makes another program of it.

Everything that a model asks of its networks goes through one of these, part by part.
"""

from collections.abc import Mapping
from typing import NamedTuple, Protocol, TypeAlias

import torch
from torch import Tensor, nn

__all__ = ["Inputs", "Part", "Preparation", "Runner", "given", "torch_runner"]

Inputs: TypeAlias = Mapping[str, Tensor | None]
"""What a part is given, by the names of its method's arguments; None is not given."""


class Part(NamedTuple):
    """Something that a network does.

    Attributes:
        name: of the network and what it does, for files and errors.
        network: whose weights it needs.
        method: of the network.
    """

    name: str
    network: nn.Module
    method: str = "forward"


class Runner(Protocol):
    """Runs parts of a model."""

    def __call__(self, part: Part, inputs: Inputs) -> Tensor:
        """Return what a part makes of its inputs.

        Args:
            part: what to do.
            inputs: of any size.
        """
        ...

    def prepare(self, part: Part, inputs: Inputs) -> None:
        """Do what is to be done once for a part, however long it takes.

        Args:
            part: what is to be run later.
            inputs: an example of any size, with the same names as later.
        """
        ...


def given(inputs: Inputs) -> dict[str, Tensor]:
    """Return the inputs that there are, in their order."""
    return {name: tensor for name, tensor in inputs.items() if tensor is not None}


class TorchRunner:
    """Lets torch run the networks as they are."""

    def __call__(self, part: Part, inputs: Inputs) -> Tensor:
        """Return what a part makes of its inputs; see `Runner`."""
        return getattr(part.network, part.method)(**given(inputs))

    def prepare(self, part: Part, inputs: Inputs) -> None:
        """Do nothing: there is nothing to be done before."""


class Preparation:
    """Prepares each part that is asked for, for another to run it later."""

    def __init__(self, runner: Runner) -> None:
        """Prepare parts for a runner."""
        self._runner = runner

    def __call__(self, part: Part, inputs: Inputs) -> Tensor:
        """Prepare a part, and run nothing: what is returned is not to be used."""
        self.prepare(part, inputs)
        return torch.zeros(0)

    def prepare(self, part: Part, inputs: Inputs) -> None:
        """Let the runner prepare it."""
        self._runner.prepare(part, inputs)


torch_runner = TorchRunner()
