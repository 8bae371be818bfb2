"""What is told about this machine."""

import os

import pytest
import torch

from underpaint.engines import _machine
from underpaint.errors import RequestError


def test_devices_and_numbers_by_name() -> None:
    assert _machine.place("cpu", "auto") == (torch.device("cpu"), torch.float32, False)
    assert _machine.place("cpu", "bfloat16").dtype is torch.bfloat16
    assert _machine.place("cpu", "float16").dtype is torch.float16
    gpu = torch.cuda.is_available()
    assert _machine.place("auto", "auto").device.type == ("cuda" if gpu else "cpu")
    assert _machine.place("auto", "auto").dtype is (torch.float16 if gpu else torch.float32)


def test_a_gpu_computes_in_float16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert _machine.place("cuda", "auto") == (torch.device("cuda"), torch.float16, False)
    assert _machine.place("auto", "float32").dtype is torch.float32
    assert _machine.place("cpu", "auto") == (torch.device("cpu"), torch.float32, False)


@pytest.mark.parametrize(
    ("features", "dtype"),
    [(("avx2",), torch.float32), (("avx2", "avx512_bf16"), torch.bfloat16)],
)
def test_openvino_takes_what_the_processor_is_fast_with(
    features: tuple[str, ...], dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_machine, "features", lambda: features)
    assert _machine.place("openvino", "auto") == (torch.device("cpu"), dtype, True)
    assert _machine.place("openvino", "float32").dtype is torch.float32
    assert _machine.place("cpu", "auto").dtype is torch.float32


def test_unknown_names_are_refused() -> None:
    with pytest.raises(
        RequestError, match="device is 'tpu'; it must be one of auto, cpu, cuda, openvino"
    ):
        _machine.place("tpu", "auto")
    with pytest.raises(RequestError, match="dtype is 'int3'; it must be one of auto, float32"):
        _machine.place("cpu", "int3")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_told() -> None:
    with pytest.raises(RequestError, match="no GPU"):
        _machine.place("cuda", "auto")
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
