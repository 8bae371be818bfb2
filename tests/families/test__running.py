"""Who runs a network: torch, or another that is prepared before."""

import torch
from torch import Tensor, nn

from underpaint.families._running import Inputs, Part, Preparation, torch_runner


class Network(nn.Module):
    """Adds."""

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        return x if y is None else x + y

    def doubled(self, x: Tensor) -> Tensor:
        return 2 * x


class Remembering:
    """Remembers what it was to prepare, and refuses to run."""

    def __init__(self) -> None:
        self.prepared: list[tuple[str, list[str]]] = []

    def __call__(self, part: Part, inputs: Inputs) -> Tensor:
        raise AssertionError("it was only to be prepared")

    def prepare(self, part: Part, inputs: Inputs) -> None:
        self.prepared.append((part.name, list(inputs)))


def test_torch_runs_a_method_with_what_is_given() -> None:
    one, two, network = torch.ones(2), torch.full((2,), 2.0), Network()
    adding, doubling = Part("adding", network), Part("doubling", network, "doubled")
    assert torch.equal(torch_runner(adding, {"x": one, "y": two}), one + two)
    assert torch.equal(torch_runner(adding, {"x": one, "y": None}), one)
    assert torch.equal(torch_runner(doubling, {"x": one}), two)
    torch_runner.prepare(adding, {"x": one})


def test_what_is_prepared_is_not_run() -> None:
    runner, one = Remembering(), torch.ones(2)
    preparation = Preparation(runner)
    part = Part("adding", Network())
    assert preparation(part, {"x": one}).numel() == 0
    preparation.prepare(part, {"x": one, "y": one})
    assert runner.prepared == [("adding", ["x"]), ("adding", ["x", "y"])]
