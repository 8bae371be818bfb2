"""What is told about this machine."""

import os

import pytest
import torch

from underpaint.engines import _machine
from underpaint.errors import RequestError


def test_devices_and_numbers_by_name() -> None:
    cpu = _machine.device("cpu")
    assert cpu.type == "cpu"
    assert _machine.device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert _machine.dtype("auto", cpu) is torch.float32
    assert _machine.dtype("auto", torch.device("cuda")) is torch.float16
    assert _machine.dtype("bfloat16", cpu) is torch.bfloat16


def test_unknown_names_are_refused() -> None:
    with pytest.raises(RequestError, match="device is 'tpu'; it must be one of auto, cpu, cuda"):
        _machine.device("tpu")
    with pytest.raises(RequestError, match="dtype is 'int3'; it must be one of auto, float32"):
        _machine.dtype("int3", torch.device("cpu"))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_told() -> None:
    with pytest.raises(RequestError, match="no GPU"):
        _machine.device("cuda")
    assert "no GPU" in _machine.device_words()


def test_cores_and_threads_are_counted() -> None:
    assert 1 <= _machine.physical_cores() <= (os.cpu_count() or 1)
    assert 1 <= _machine.threads() <= _machine.physical_cores()


def test_memory_and_processor_are_plausible() -> None:
    total, free = _machine.memory()
    assert 0 <= free <= total
    assert isinstance(_machine.processor(), str)
    assert set(_machine.features()) <= set(_machine._FEATURES)


def test_a_gain_is_measured() -> None:
    assert 0.05 < _machine.bfloat16_gain(0.02) < 50
