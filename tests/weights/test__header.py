"""Files that a stranger made: each is refused with one sentence, quickly and in little memory."""

import json
import random
import resource
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from underpaint.errors import WeightsError
from underpaint.weights import checkpoint
from underpaint.weights._header import MAX_HEADER, MAX_METADATA, declared, parse


def raw(entries: dict[str, Any] | bytes, data: bytes = b"", length: int | None = None) -> bytes:
    """Return a file with this header and data, its length announced truly or as told."""
    text = entries if isinstance(entries, bytes) else json.dumps(entries).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + data


def entry(start: int, end: int, shape: list[Any], dtype: object = "F32") -> dict[str, Any]:
    """Return what a header says of one tensor."""
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


FOUR = b"\0" * 4
GOOD = raw({"a": entry(0, 4, [1]), "b": entry(4, 12, [2, 1])}, b"\0" * 12)

BAD: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "empty"),
    "seven bytes": (b"\0" * 7, "too few"),
    "a length alone": ((2).to_bytes(8, "little"), "ends before its header"),
    "length 0": (raw(b""), "not a JSON object"),
    "length 2^63": (raw({}, length=2**63), "announces a header of 9223372036854775808 bytes"),
    "length 2^64 - 1": (raw({}, length=2**64 - 1), "announces"),
    "length one too high": (raw({}, length=3), "ends before its header"),
    "header above the limit": (raw(b" " * (MAX_HEADER + 1)), "at most 16777216 are read"),
    "a zip file": (b"PK\x03\x04" + b"\0" * 60, "is it a safetensors file"),
    "a pickle": (b"\x80\x02cos\nsystem\nX\x02\0\0\0idq\0\x85R.", "is it a safetensors file"),
    "a megabyte of braces": (raw(b"{" * 2**20), "not JSON"),
    "deep lists": (raw(b'{"a":' + b"[" * 10**5 + b"]" * 10**5 + b"}"), "nested too deeply"),
    "deep objects": (raw(b'{"a":' * 10**5 + b"1" + b"}" * 10**5), "nested too deeply"),
    "a list": (raw(b"[]"), "not a JSON object"),
    "a leading space": (raw(b" {}"), "not a JSON object"),
    "not UTF-8": (raw(b'{"\xff": 1}'), "not JSON"),
    "half a header": (raw(b'{"a": {"dtype": "F32", "sh'), "not JSON"),
    "two objects": (raw(b"{}{}"), "not JSON"),
    "NaN": (raw(b'{"a": NaN}'), "holds NaN"),
    "NaN in a shape": (raw(b'{"a":{"dtype":"F32","shape":[NaN],"data_offsets":[0,4]}}'), "NaN"),
    "Infinity": (raw(b'{"a": -Infinity}'), "holds -Infinity"),
    "a number of 5,000 digits": (raw(b'{"a": ' + b"9" * 5000 + b"}"), "not JSON"),
    "one name twice": (
        raw(b'{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{}}'),
        "names 'a' twice",
    ),
    "dtype twice": (raw(b'{"a":{"dtype":"U8","dtype":"F32"}}'), "names 'dtype' twice"),
    "metadata twice": (raw(b'{"__metadata__":{},"__metadata__":{}}'), "twice"),
    "metadata not an object": (raw({"__metadata__": []}), "metadata is not"),
    "metadata of numbers": (raw({"__metadata__": {"a": 1}}), "other than text"),
    "nested metadata": (raw({"__metadata__": {"a": {}}}), "other than text"),
    "much metadata": (raw({"__metadata__": {"a": "x" * MAX_METADATA}}), "at most 1048576"),
    "an entry that is a number": (raw({"a": 1}), "lacks"),
    "an entry without dtype": (raw({"a": {"shape": [], "data_offsets": [0, 4]}}), "lacks"),
    "an entry with more": (raw({"a": entry(0, 4, [1]) | {"b": 1}}, FOUR), "has more"),
    "unknown dtype": (raw({"a": entry(0, 4, [1], "Q4")}, FOUR), "is of dtype 'Q4'; there are: F64"),
    "lower-case dtype": (raw({"a": entry(0, 4, [1], "f32")}, FOUR), "dtype 'f32'"),
    "dtype a list": (raw({"a": entry(0, 4, [1], ["F32"])}, FOUR), "is of dtype"),
    "dtype null": (raw({"a": entry(0, 4, [1], None)}, FOUR), "is of dtype None"),
    "shape a number": (raw({"a": {**entry(0, 4, []), "shape": 1}}, FOUR), "shape of 'a'"),
    "negative shape": (raw({"a": entry(0, 4, [-1])}, FOUR), "whole numbers"),
    "twice negative": (raw({"a": entry(0, 4, [-1, -1])}, FOUR), "whole numbers"),
    "fractional shape": (raw({"a": entry(0, 4, [1.0])}, FOUR), "whole numbers"),
    "true for a shape": (raw({"a": entry(0, 4, [True])}, FOUR), "whole numbers"),
    "text for a shape": (raw({"a": entry(0, 4, ["1"])}, FOUR), "whole numbers"),
    "nine dimensions": (raw({"a": entry(0, 4, [1] * 9)}, FOUR), "at most 8"),
    "a million dimensions": (raw({"a": entry(0, 4, [2] * 10**6)}, FOUR), "at most 8"),
    "huge shape": (raw({"a": entry(0, 4, [2**62, 2**62])}, FOUR), "does not fill its 4 bytes"),
    "shape that wraps to 1": (raw({"a": entry(0, 4, [2**32, 2**32])}, FOUR), "does not fill"),
    "shape of 2^64": (raw({"a": entry(0, 4, [2**64])}, FOUR), "whole numbers"),
    "shape too small": (raw({"a": entry(0, 8, [1])}, FOUR * 2), "does not fill its 8 bytes"),
    "scalar too large": (raw({"a": entry(0, 8, [])}, FOUR * 2), "does not fill"),
    "one offset": (raw({"a": {**entry(0, 4, [1]), "data_offsets": [4]}}, FOUR), "two rising"),
    "three offsets": (raw({"a": {**entry(0, 4, [1]), "data_offsets": [0, 2, 4]}}), "two rising"),
    "falling offsets": (raw({"a": entry(4, 0, [1])}, FOUR), "two rising"),
    "negative offset": (raw({"a": entry(-4, 0, [1])}, FOUR), "two rising"),
    "fractional offset": (raw({"a": entry(0, 4.0, [1])}, FOUR), "two rising"),  # type: ignore[arg-type]
    "offset of 2^63": (raw({"a": entry(0, 2**63, [1])}, FOUR), "two rising"),
    "huge offset": (raw({"a": entry(0, 2**62, [2**60])}, FOUR), "the file at byte"),
    "overlap": (raw({"a": entry(0, 8, [2]), "b": entry(4, 8, [1])}, FOUR * 2), "'b' overlaps"),
    "the same bytes": (raw({"a": entry(0, 4, [1]), "b": entry(0, 4, [1])}, FOUR), "overlaps"),
    "a gap": (raw({"a": entry(0, 4, [1]), "b": entry(8, 12, [1])}, FOUR * 3), "'b' leaves a gap"),
    "a gap at the start": (raw({"a": entry(4, 8, [1])}, FOUR * 2), "'a' leaves a gap"),
    "an empty tensor far away": (raw({"a": entry(9, 9, [0])}), "gap"),
    "bytes behind": (raw({"a": entry(0, 4, [1])}, FOUR + b"\0"), "the file at byte"),
    "bytes behind nothing": (raw({}, b"\0"), "the file at byte"),
    "data cut short": (raw({"a": entry(0, 4, [1])}, b"\0" * 3), "the file at byte"),
    "a wild name": (raw({"\n\x1b[31m<b>" * 50: 1}), "lacks"),
}


@pytest.mark.parametrize("what", BAD)
def test_refuses(tmp_path: Path, what: str) -> None:
    data, reason = BAD[what]
    path = tmp_path / "model.safetensors"
    path.write_bytes(data)

    before = time.process_time()
    for act in (checkpoint.read, checkpoint.header):
        with pytest.raises(WeightsError) as caught:
            act(path)
        text = str(caught.value)
        assert reason in text
        assert "model.safetensors' is not acceptable as weights: " in text
        assert text.isprintable()
        assert len(text) < 400 + len(str(tmp_path))
    assert time.process_time() - before < 2


def test_accepts_what_is_well_made(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    for data in (GOOD, raw(b"{}"), raw(b"{}   "), raw({"a": entry(0, 0, [0, 3])})):
        path.write_bytes(data)
        checkpoint.read(path)


def test_reads_tensors_that_do_not_start_on_their_own_multiple(tmp_path: Path) -> None:
    numbers = torch.arange(3, dtype=torch.float32)
    data = raw(
        {"a": entry(0, 1, [1], "U8"), "b": entry(1, 13, [3])}, b"\7" + numbers.numpy().tobytes()
    )
    for padding in range(4):
        path = tmp_path / f"{padding}.safetensors"
        text = data[8:-13] + b" " * padding
        path.write_bytes(raw(text, data[-13:]))
        assert checkpoint.read(path).tensors["b"].tolist() == [0.0, 1.0, 2.0]


def test_every_cut_of_a_good_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    for length in range(len(GOOD)):
        path.write_bytes(GOOD[:length])
        with pytest.raises(WeightsError):
            checkpoint.read(path)


def test_a_damaged_byte_is_refused_or_harmless(tmp_path: Path) -> None:
    """2,000 files with up to three bytes changed: an error of ours or tensors within the file."""
    dice = random.Random(7)
    path = tmp_path / "model.safetensors"
    for _ in range(2000):
        data = bytearray(GOOD)
        for _ in range(dice.randint(1, 3)):
            data[dice.randrange(len(data) - 12)] = dice.randrange(256)
        path.write_bytes(data)
        try:
            weights = checkpoint.read(path)
        except WeightsError:
            continue
        assert sum(tensor.nbytes for tensor in weights.tensors.values()) == 12


def test_a_hostile_header_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(raw({}, length=2**62))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(WeightsError), path.open("rb") as file:
        parse(file, "it")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2**15  # 32 MiB, in KiB


def test_many_names_are_checked_in_linear_time(tmp_path: Path) -> None:
    entries: dict[str, Any] = {f"layer.{index}": entry(0, 0, [0]) for index in range(10**5)}
    path = tmp_path / "model.safetensors"
    path.write_bytes(raw(json.dumps(entries, separators=(",", ":")).encode()))
    before = time.process_time()
    assert len(checkpoint.header(path).places) == 10**5
    assert time.process_time() - before < 3


def test_a_header_without_its_tensors_is_checked_as_strictly() -> None:
    found = declared(GOOD[: 8 + int.from_bytes(GOOD[:8], "little")], "it")
    assert {name: place.shape for name, place in found.places.items()} == {"a": (1,), "b": (2, 1)}
    for bad in (raw(b"[]"), raw({"a": entry(0, 4, [2])}), raw({"a": entry(4, 8, [1])}), b""):
        with pytest.raises(WeightsError, match="it is not acceptable as weights: "):
            declared(bad, "it")
