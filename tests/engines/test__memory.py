"""What is known about memory."""

import pytest
import torch

from underpaint.engines import _machine, _memory


def test_models_may_take_half_of_what_there_is() -> None:
    total, _ = _machine.memory()
    assert _memory.budget(torch.device("cpu")) == (total // 2 or 2**62)


def test_a_model_takes_its_numbers() -> None:
    shapes = {"a": (2, 3), "b": (), "c": (5,)}
    assert _memory.taken(shapes, torch.float16) == 2 * (6 + 1 + 5)
    assert _memory.taken(shapes, torch.float32) == 4 * (6 + 1 + 5)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes"),
    ],
)
def test_the_end_of_memory_is_known_by_its_words(error: BaseException) -> None:
    assert _memory.ran_out(error)


@pytest.mark.parametrize("error", [RuntimeError("shapes differ"), ValueError("out of memory")])
def test_other_errors_are_others(error: BaseException) -> None:
    assert not _memory.ran_out(error)


def test_torch_says_so_in_such_words() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60, dtype=torch.uint8)
    assert _memory.ran_out(caught.value)
    _memory.free()
