"""The program that turns a file of torch.save into a safetensors file, in a cell of its own.

Such a file is a pickle that describes tensors, and the tensors' bytes: together in a zip archive
since torch 1.6, one after the other before. The program reads it from its standard input and
writes the safetensors file to its standard output; it opens nothing, imports neither torch nor
numpy, and once it has begun it cannot: see `main`. Only `pickled` starts it.
"""

import json
import math
import os
import sys
import zlib
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import BinaryIO, Literal

if sys.platform != "win32":
    import resource

from underpaint.weights._archive import SIZES, Span, opened
from underpaint.weights._averages import chosen
from underpaint.weights._records import Refused, TensorRecord, Value

__all__ = ["HEADER", "REFUSED", "SOURCE", "UNSTORED", "convert", "main"]

REFUSED = 3
"""Exit code when a file is not acceptable; the reason is what standard error says."""
UNSTORED = 4
"""Exit code when the disk does not take the file; the reason likewise."""

HEADER = "header"
"""What to tell the program to have it write the header alone."""
SOURCE = "underpaint.source"
"""The remark that says which file a conversion was made from: its size and time of writing."""

MEMORY = 2**30
MAX_TENSORS = 100_000
MAX_NESTED = 4
MAX_REMARK = 2000

_AT_ONCE = 2**22
_FORMS: Mapping[int, Literal["B", "H", "I", "Q"]] = MappingProxyType(
    {1: "B", 2: "H", 4: "I", 8: "Q"}
)


def convert(file: BinaryIO, out: BinaryIO, how: str) -> None:
    """Write what a file of torch.save holds as a safetensors file, piece by piece.

    Args:
        file: such a file, open for reading.
        out: takes the safetensors file.
        how: `HEADER`, or the remark that says which file this is.

    Raises:
        Refused: it is not acceptable; says why.
    """
    size = file.seek(0, os.SEEK_END)
    root, spans = opened(file, size)
    records, remarks = _contents(root)
    names, averages = chosen(records)
    remarks |= {"underpaint.averages": averages} if averages else {}
    remarks |= {} if how == HEADER else {SOURCE: how}
    layout = sorted(names, key=lambda name: (-SIZES[records[names[name]].label], name))
    records = {name: _checked(name, records[names[name]], spans) for name in layout}
    if sum(map(_bytes, records.values())) > 2 * size:
        raise Refused("its tensors are larger than the file")

    out.write(_header(records, remarks))
    if how != HEADER:
        for record in records.values():
            for piece in _numbers(file, record, spans[record.storage.key]):
                out.write(piece)


def _contents(root: Value) -> tuple[dict[str, TensorRecord], dict[str, str]]:
    """Return the tensors by name and the remarks of what a pickle built.

    The weights may stand in a `state_dict` beside what else a trainer keeps; dictionaries in
    dictionaries give names with dots.
    """
    if not isinstance(root, dict):
        raise Refused("it holds no dictionary of tensors")
    remarks = {
        name: str(value)
        for name, value in root.items()
        if type(name) is str and type(value) in {str, int, float} and len(str(value)) <= MAX_REMARK
    }
    inner = root.get("state_dict")
    records = dict(_named(inner if isinstance(inner, dict) else root))
    if not records:
        raise Refused("it holds no tensors")
    return records, dict(list(remarks.items())[:100])


def _named(tree: Value) -> Iterator[tuple[str, TensorRecord]]:
    """Yield the tensors of a tree by their names, each dictionary looked into once."""
    names, seen = {"__metadata__"}, set[int]()
    level: list[tuple[str, Value]] = [("", tree)]
    for _ in range(MAX_NESTED):
        below: list[tuple[str, Value]] = []
        for prefix, value in level:
            if id(value) in seen:
                continue
            seen.add(id(value))
            entries = value if isinstance(value, dict) else getattr(value, "entries", {})
            for part, found in entries.items():
                name = f"{prefix}{part}"
                if not isinstance(found, TensorRecord):
                    below.append((f"{name}.", found))
                    continue
                if name in names or len(name) > MAX_REMARK or len(names) > MAX_TENSORS:
                    raise Refused("it holds too many tensors, or one of a name that cannot be")
                names.add(name)
                yield name, found
        level = below


def _checked(name: str, record: TensorRecord, spans: Mapping[str, Span]) -> TensorRecord:
    """Return a tensor's description, once it is known to lie within its storage."""
    span = spans.get(record.storage.key)
    last = record.offset + sum(
        (side - 1) * stride for side, stride in zip(record.shape, record.strides, strict=True)
    )
    room = 0 if span is None else span.size // SIZES[record.label]
    outside = 0 not in record.shape and last >= room
    repeats = any(
        not step and side > 1 for side, step in zip(record.shape, record.strides, strict=True)
    )
    if len(record.shape) > 8 or outside or repeats or math.prod(record.shape) > room:
        raise Refused(f"its tensor {ascii(name)[:100]} does not lie within its numbers")
    return record


def _bytes(record: TensorRecord) -> int:
    return math.prod(record.shape) * SIZES[record.label]


def _header(records: Mapping[str, TensorRecord], remarks: Mapping[str, str]) -> bytes:
    entries: dict[str, object] = {"__metadata__": remarks}
    end = 0
    for name, record in records.items():
        start, end = end, end + _bytes(record)
        entries[name] = {
            "dtype": record.label,
            "shape": list(record.shape),
            "data_offsets": [start, end],
        }
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _numbers(file: BinaryIO, record: TensorRecord, span: Span) -> Iterator[bytes]:
    """Yield the bytes of a tensor, its numbers in the order of its sides."""
    size = SIZES[record.label]
    if not math.prod(record.shape):
        return
    if _in_order(record):
        whole = _bytes(record) == span.size
        checksum = 0
        for piece in _bytes_at(file, span.start + record.offset * size, _bytes(record)):
            checksum = zlib.crc32(piece, checksum)
            yield piece
        if whole and span.crc not in {0, checksum}:
            raise Refused("its tensors do not have the checksums that the archive tells")
        return
    last = sum((n - 1) * step for n, step in zip(record.shape, record.strides, strict=True))
    start = span.start + record.offset * size
    yield _reordered(b"".join(_bytes_at(file, start, (last + 1) * size)), record)


def _in_order(record: TensorRecord) -> bool:
    step = 1
    for side, stride in zip(reversed(record.shape), reversed(record.strides), strict=True):
        if side != 1 and stride != step:
            return False
        step *= side
    return True


def _bytes_at(file: BinaryIO, start: int, size: int) -> Iterator[bytes]:
    file.seek(start)
    while size:
        piece = file.read(min(_AT_ONCE, size))
        if not piece:
            raise Refused("it became shorter while it was read")
        size -= len(piece)
        yield piece


def _reordered(data: bytes, record: TensorRecord) -> bytes:
    """Return a tensor's numbers in the order of its sides, its longest side at a time."""
    form = _FORMS[SIZES[record.label]]
    out = bytearray(_bytes(record))
    source, target = memoryview(data).cast(form), memoryview(out).cast(form)
    steps = [math.prod(record.shape[side + 1 :]) for side in range(len(record.shape))]
    sides = list(zip(record.shape, record.strides, steps, strict=True))
    long = max(range(len(sides)), key=lambda side: record.shape[side])
    count, stride, step = sides.pop(long)

    for begin, place in _places(sides):
        values = source[begin : begin + (count - 1) * stride + 1 : max(stride, 1)]
        target[place : place + (count - 1) * step + 1 : step] = values
    return bytes(out)


def _places(sides: list[tuple[int, int, int]]) -> Iterator[tuple[int, int]]:
    """Yield where each row begins, in what is read and in what is written."""
    if not sides:
        yield 0, 0
        return
    (count, stride, step), *rest = sides
    for index in range(count):
        for begin, place in _places(rest):
            yield index * stride + begin, index * step + place


def main() -> None:
    """Convert standard input to standard output, as the only argument says: see `convert`."""
    file, how = open(0, "rb", closefd=False), sys.argv[1]  # noqa: SIM115
    _confine(os.fstat(0).st_size)
    sentence, code = "", 0
    try:
        convert(file, sys.stdout.buffer, how)
        sys.stdout.buffer.flush()
    except Refused as refused:
        sentence, code = str(refused), REFUSED
    except MemoryError:
        sentence, code = "reading it takes more memory than it may", REFUSED
    except OSError as error:
        sentence, code = f"{error.strerror}", UNSTORED
    sys.stderr.write(sentence)
    sys.stderr.flush()
    os._exit(code)  # without a look at what stands in memory


def _confine(size: int) -> None:
    """Give up memory, processes, files and whatever Python can do with the world outside."""
    if sys.platform != "win32":
        limits = {
            resource.RLIMIT_AS: MEMORY,
            resource.RLIMIT_CPU: 60 + size // 2**24,
            resource.RLIMIT_FSIZE: 2 * size + 2**26,
            resource.RLIMIT_NOFILE: 16,
            resource.RLIMIT_NPROC: 0,
            resource.RLIMIT_CORE: 0,
        }
        for name, limit in limits.items():
            resource.setrlimit(name, (limit, limit))
    "".encode("cp437")  # which zipfile would otherwise look for when it needs it
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    """Refuse whatever Python asks its auditors about; reading open files is not of that."""
    if event == "builtins.id":
        return
    raise Refused(f"its reading came to ask for {event!a} {ascii(arguments)[:100]}")
