"""AdamW as it is used here, and its memory as plain tensors."""

import time

import pytest
import torch
from torch import nn

from underpaint.training.optimizer import Optimizer, fastest, numbers

CPU = torch.device("cpu")


def network() -> nn.Sequential:
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(16, 1))
    return layers.to(device=CPU).to(memory_format=torch.channels_last)  # pyright: ignore


def steps(layers: nn.Sequential, optimizer: Optimizer, numbers_: range) -> None:
    for number in numbers_:
        x = torch.rand(2, 3, 4, 4, generator=torch.Generator().manual_seed(number))
        layers(x).square().sum().backward()
        optimizer.step(1e-2)


def test_going_on_from_its_memory_changes_nothing() -> None:
    whole = network()
    steps(whole, Optimizer(dict(whole.named_parameters()), 0.1), range(6))

    parts = network()
    first = Optimizer(dict(parts.named_parameters()), 0.1)
    steps(parts, first, range(3))
    second = Optimizer(dict(parts.named_parameters()), 0.1)
    second.load({name: value.clone() for name, value in first.memory().items()})
    steps(parts, second, range(3, 6))
    for a, b in zip(whole.parameters(), parts.parameters(), strict=True):
        assert torch.equal(a, b)


def test_memory_has_names_and_starts_empty() -> None:
    layers = network()
    optimizer = Optimizer(dict(layers.named_parameters()), 0.1)
    assert optimizer.memory() == {}
    steps(layers, optimizer, range(1))
    memory = optimizer.memory()
    assert memory["0.weight.exp_avg"].shape == layers[0].weight.shape
    assert memory["2.bias.step"].item() == 1
    assert len(memory) == 3 * len(list(layers.parameters()))


def test_only_matrices_decay() -> None:
    layers = network()
    before = {name: weight.detach().clone() for name, weight in layers.named_parameters()}
    optimizer = Optimizer(dict(layers.named_parameters()), 0.5)
    for weight in layers.parameters():
        weight.grad = torch.zeros_like(weight)
    optimizer.step(0.1)
    for name, weight in layers.named_parameters():
        share = 0.95 if weight.ndim > 1 else 1.0
        assert torch.allclose(weight, before[name] * share)


def test_gradients_are_clipped_and_forgotten() -> None:
    weight = nn.Parameter(torch.zeros(3, 3))
    optimizer = Optimizer({"w": weight}, 0.0)
    weight.grad = torch.full((3, 3), 1e6)
    optimizer.step(0.0)
    assert optimizer.memory()["w.exp_avg"].norm() == pytest.approx(0.1, rel=1e-3)
    assert weight.grad is None


def test_bfloat16_only_where_asked() -> None:
    x = torch.rand(8, 8)
    with numbers("bfloat16", CPU):
        assert (x @ x).dtype == torch.bfloat16
    with numbers("float32", CPU):
        assert (x @ x).dtype == torch.float32


@pytest.mark.parametrize("slow", ["float32", "bfloat16"])
def test_the_faster_precision_is_taken(slow: str) -> None:
    def work() -> None:
        bfloat16 = torch.is_autocast_enabled("cpu")
        time.sleep(0.03 if bfloat16 == (slow == "bfloat16") else 0.0)

    chosen, words = fastest(work, CPU)
    assert chosen != slow
    assert words.endswith(f": {chosen} is used")
