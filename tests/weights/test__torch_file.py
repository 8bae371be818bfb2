"""What the program in the cell writes; how it is started is tested in `test_pickled.py`."""

import io
import json

import pytest
import torch

from underpaint.weights._header import declared
from underpaint.weights._records import Refused
from underpaint.weights._torch_file import HEADER, SOURCE, convert


def converted(saved: object, how: str) -> bytes:
    held, out = io.BytesIO(), io.BytesIO()
    torch.save(saved, held)
    convert(held, out, how)
    return out.getvalue()


def test_a_header_alone_is_that_of_the_whole_file() -> None:
    tensors = {"a": torch.ones(3, 4), "b": torch.ones(2).half()}
    found, alone = converted(tensors, "7 8"), converted(tensors, HEADER)
    length = int.from_bytes(found[:8], "little")
    entries = json.loads(found[8 : 8 + length])
    assert entries.pop("__metadata__") == {SOURCE: "7 8"}
    assert json.loads(alone[8:]) == {"__metadata__": {}, **entries}
    assert declared(alone, "it").places.keys() == {"a", "b"}
    assert len(found) == 8 + length + 48 + 4
    assert length % 8 == 0


def test_large_numbers_stand_first_so_that_all_are_aligned() -> None:
    tensors = {"a": torch.ones(1, dtype=torch.uint8), "b": torch.ones(1).half(), "c": torch.ones(1)}
    assert list(json.loads(converted(tensors, HEADER)[8:]))[1:] == ["c", "b", "a"]


def test_the_same_file_gives_the_same_bytes() -> None:
    tensors = {name: torch.ones(3) for name in "zyx"}
    assert converted(tensors, "1") == converted(dict(reversed(tensors.items())), "1")


@pytest.mark.parametrize("saved", [torch.ones(3), [torch.ones(3)], {"a": 1}, {}, 7])
def test_what_holds_no_named_tensors_is_refused(saved: object) -> None:
    with pytest.raises(Refused, match="it holds no"):
        converted(saved, HEADER)


def test_remarks_are_few_and_short() -> None:
    saved = {f"remark {n}": "x" for n in range(500)} | {"long": "x" * 5000, "a": torch.ones(1)}
    remarks = json.loads(converted(saved, HEADER)[8:])["__metadata__"]
    assert len(remarks) == 100
    assert "long" not in remarks


def test_a_storage_with_a_wrong_checksum_is_refused() -> None:
    held, out = io.BytesIO(), io.BytesIO()
    torch.save({"a": torch.arange(1000.0)}, held)
    data = bytearray(held.getvalue())
    place = data.index(torch.arange(1000.0).numpy().tobytes())
    data[place + 100] ^= 1
    with pytest.raises(Refused, match="checksums"):
        convert(io.BytesIO(bytes(data)), out, "x")
