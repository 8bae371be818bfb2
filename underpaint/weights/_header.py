"""The header of a safetensors file, read as if a stranger had written it.

A file is 8 bytes of length, a JSON object of that length naming each tensor's dtype, shape and
place, and the tensors' bytes. One parser decides what is acceptable, and what it accepts is what
gets mapped: nothing is looked at twice by different eyes.
"""

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, BinaryIO, cast

import torch

from underpaint.errors import WeightsError

MAX_HEADER = 16 * 2**20
MAX_METADATA = 2**20
MAX_DIMENSIONS = 8

DTYPES: Mapping[str, torch.dtype] = MappingProxyType(
    {
        "F64": torch.float64,
        "F32": torch.float32,
        "F16": torch.float16,
        "BF16": torch.bfloat16,
        "F8_E4M3": torch.float8_e4m3fn,
        "F8_E5M2": torch.float8_e5m2,
        "I64": torch.int64,
        "I32": torch.int32,
        "I16": torch.int16,
        "I8": torch.int8,
        "U8": torch.uint8,
        "BOOL": torch.bool,
    }
)
"""What a tensor may be made of, by the names that safetensors files use."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a header says of one tensor.

    Attributes:
        dtype: of its numbers.
        shape: its sizes, each 0 or more.
        start: first byte, counted from the beginning of the file.
    """

    dtype: torch.dtype
    shape: tuple[int, ...]
    start: int


@dataclass(frozen=True, slots=True)
class Header:
    """All that a file says before its tensors.

    Attributes:
        places: by tensor name, in the order of their bytes.
        metadata: the file's own remarks.
    """

    places: Mapping[str, Place]
    metadata: Mapping[str, str]


class UnacceptableError(ValueError):
    """What is wrong with a header, as the end of a sentence that begins with the file's name."""


def parse(file: BinaryIO, where: str) -> Header:
    """Return the header of an open file, every number in it checked against the file's size.

    Args:
        file: open for reading, at its beginning.
        where: the file's name, for the error.

    Raises:
        WeightsError: anything that a well-made file would not have.
    """
    try:
        size = os.fstat(file.fileno()).st_size
        text = _text(file, size)
        return _header(_object(text), 8 + len(text), size)
    except UnacceptableError as error:
        raise WeightsError(f"{where} is not acceptable as weights: {error}") from error


def declared(data: bytes, where: str) -> Header:
    """Return the header that begins a file whose tensors are not there.

    Args:
        data: the length and the header.
        where: the file's name, for the error.

    Raises:
        WeightsError: anything that a well-made file would not have.
    """
    try:
        return _header(_object(data[8:]), len(data), None)
    except UnacceptableError as error:
        raise WeightsError(f"{where} is not acceptable as weights: {error}") from error


def _text(file: BinaryIO, size: int) -> bytes:
    if size == 0:
        raise UnacceptableError("it is empty")
    first = file.read(8)
    if len(first) < 8:
        raise UnacceptableError(f"it has {size} bytes, too few for a safetensors file")

    length = int.from_bytes(first, "little")
    if length > MAX_HEADER:
        raise UnacceptableError(
            f"it announces a header of {length} bytes; at most {MAX_HEADER} are read (is it a "
            "safetensors file?)"
        )
    if length > size - 8:
        raise UnacceptableError(f"it ends before its header of {length} bytes does")
    return file.read(length)


def _object(text: bytes) -> dict[str, Any]:
    if not text.startswith(b"{"):
        raise UnacceptableError("its header is not a JSON object")
    try:
        found = json.loads(
            text.decode(), object_pairs_hook=_without_twins, parse_constant=_no_constant
        )
    except UnacceptableError:
        raise
    except RecursionError as error:
        raise UnacceptableError("its header is nested too deeply") from error
    except ValueError as error:  # not UTF-8, not JSON, a number of thousands of digits
        raise UnacceptableError("its header is not JSON") from error
    return cast("dict[str, Any]", found)


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise UnacceptableError(f"its header names {shown(name)} twice")
        found[name] = value
    return found


def _no_constant(name: str) -> float:
    raise UnacceptableError(f"its header holds {name}, which is not JSON")


def _header(found: dict[str, Any], start: int, size: int | None) -> Header:
    metadata = _metadata(found.pop("__metadata__", {}))
    spans = sorted((*_offsets(name, entry), name) for name, entry in found.items())

    end = 0
    places: dict[str, Place] = {}
    for begin, next_end, name in spans:
        if begin != end:
            what = "overlaps the tensor before it" if begin < end else "leaves a gap before it"
            raise UnacceptableError(f"{shown(name)} {what}")
        places[name] = _place(name, found[name], next_end - begin, start + begin)
        end = next_end

    if size is not None and start + end != size:
        raise UnacceptableError(f"its tensors end at byte {start + end}, the file at byte {size}")
    return Header(places, metadata)


def _metadata(found: object) -> dict[str, str]:
    if not isinstance(found, dict):
        raise UnacceptableError("its metadata is not a JSON object")
    metadata = cast("dict[str, Any]", found)
    if not all(isinstance(value, str) for value in metadata.values()):
        raise UnacceptableError("its metadata holds something other than text")
    size = sum(len(name) + len(value) for name, value in metadata.items())
    if size > MAX_METADATA:
        raise UnacceptableError(
            f"its metadata has {size} characters; at most {MAX_METADATA} are read"
        )
    return metadata


def _offsets(name: str, entry: object) -> tuple[int, int]:
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise UnacceptableError(f"{shown(name)} lacks dtype, shape or data_offsets, or has more")
    offsets = _whole_numbers(cast("dict[str, Any]", entry)["data_offsets"])
    if offsets is None or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise UnacceptableError(f"the data_offsets of {shown(name)} are not two rising numbers")
    return offsets[0], offsets[1]


def _place(name: str, entry: dict[str, Any], span: int, start: int) -> Place:
    dtype = DTYPES.get(entry["dtype"]) if isinstance(entry["dtype"], str) else None
    if dtype is None:
        raise UnacceptableError(
            f"{shown(name)} is of dtype {shown(entry['dtype'])}; there are: {', '.join(DTYPES)}"
        )
    shape = _whole_numbers(entry["shape"])
    if shape is None or len(shape) > MAX_DIMENSIONS:
        raise UnacceptableError(
            f"the shape of {shown(name)} is not a list of at most {MAX_DIMENSIONS} whole numbers"
        )
    if math.prod(shape) * dtype.itemsize != span:
        raise UnacceptableError(
            f"{shown(name)} of shape {list(shape)} and dtype {entry['dtype']} does not fill its "
            f"{span} bytes"
        )
    return Place(dtype, shape, start)


def _whole_numbers(found: object) -> tuple[int, ...] | None:
    """Return a JSON list of numbers from 0 to 2^63 - 1 as a tuple, None for anything else."""
    if not isinstance(found, list):
        return None
    numbers = tuple(cast("list[Any]", found))
    whole = all(type(number) is int and 0 <= number < 2**63 for number in numbers)
    return numbers if whole else None


def shown(name: object) -> str:
    """Return a name from a file as it can be shown: quoted, on one line, at most 100 characters."""
    text = ascii(name)
    return text if len(text) <= 100 else f"{text[:97]}..."
