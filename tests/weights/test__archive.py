"""The two layouts of torch.save, and what only looks like one; see also `tests/security`."""

import io
from pathlib import Path

import pytest
import torch

from underpaint.weights._archive import SIZES, opened
from underpaint.weights._header import DTYPES
from underpaint.weights._records import Refused, TensorRecord


def saved(legacy: bool) -> bytes:
    held = io.BytesIO()
    tensors = {"a": torch.arange(6.0), "b": torch.arange(3)}
    torch.save(tensors, held, _use_new_zipfile_serialization=not legacy)
    return held.getvalue()


@pytest.mark.parametrize("legacy", [False, True])
def test_the_numbers_stand_where_they_are_said_to(legacy: bool) -> None:
    data = saved(legacy)
    root, spans = opened(io.BytesIO(data), len(data))
    for name, wanted in (("a", torch.arange(6.0)), ("b", torch.arange(3))):
        record = root[name]
        assert isinstance(record, TensorRecord)
        span = spans[record.storage.key]
        found = data[span.start : span.start + span.size]
        assert found == wanted.numpy().tobytes()
        assert record.shape == tuple(wanted.shape)


@pytest.mark.parametrize("legacy", [False, True])
def test_every_cut_is_refused(legacy: bool) -> None:
    data = saved(legacy)
    for length in {*range(0, len(data), 37), len(data) - 1}:
        with pytest.raises(Refused):
            opened(io.BytesIO(data[:length]), length)


@pytest.mark.parametrize("legacy", [False, True])
def test_a_damaged_byte_is_refused_or_stays_within_the_file(legacy: bool) -> None:
    good = saved(legacy)
    for place in range(0, len(good), 3):
        data = bytearray(good)
        data[place] ^= 0x55
        try:
            _, spans = opened(io.BytesIO(bytes(data)), len(data))
        except Refused as refused:
            assert str(refused).isprintable()
            continue
        assert all(0 <= s.start <= s.start + s.size <= len(data) for s in spans.values())


def test_the_sizes_of_numbers_are_torchs() -> None:
    assert {label: dtype.itemsize for label, dtype in DTYPES.items()} == dict(SIZES)


def test_a_file_that_is_something_else_is_told_for_what_it_is(tmp_path: Path) -> None:
    for data, what in ((b"GGUF" + b"\0" * 99, "GGUF"), (b"<html>", "page"), (b"x" * 99, "neither")):
        with pytest.raises(Refused, match=what):
            opened(io.BytesIO(data), len(data))
