"""The two layouts of torch.save: where its pickle is, and where the numbers of its tensors are.

Since torch 1.6 both are files of a zip archive; before, they stood one after the other. What else
claims to be such a file is told for what it is. Imports no torch.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import BinaryIO, NamedTuple

from underpaint.weights._pickle import MAX_PICKLE, read
from underpaint.weights._records import Refused, Storage, TensorRecord, Value

__all__ = ["SIZES", "Span", "opened"]


SIZES: Mapping[str, int] = MappingProxyType({
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1,
    "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1,
})  # fmt: skip
"""Bytes of a number, by the names that safetensors files use."""

_MAGIC = 0x1950A86A20F9469CFC6C
_LEGACY = 1001
_LEVELS = 8
_STRANGERS: Mapping[bytes, str] = MappingProxyType(
    {
        b"7z\xbc\xaf": "a 7z archive",
        b"\x1f\x8b": "a gzip archive",
        b"Rar!": "a rar archive",
        b"GGUF": "a GGUF file",
        b"\x89PNG": "a picture",
        b"<": "a page from the web",
        b"version https://git-lfs": "a pointer to a file in git LFS, not the file itself",
    }
)


class Span(NamedTuple):
    """Where the bytes of a storage are.

    Attributes:
        start: first byte in the file.
        size: bytes.
        crc: their CRC-32; 0 = not known.
    """

    start: int
    size: int
    crc: int


def opened(file: BinaryIO, size: int) -> tuple[Value, dict[str, Span]]:
    """Return what a file's pickle builds, and where each storage is."""
    file.seek(0)
    start = file.read(512)
    if not start:
        raise Refused("it is empty")
    for mark, what in _STRANGERS.items():
        if start.startswith(mark):
            raise Refused(f"it is {what}")
    if start[257:262] == b"ustar":
        raise Refused("it is a tar archive, which torch wrote before 2017")
    if start.startswith(b"PK"):
        return _from_zip(file, size)
    if start[0] == 0x80:
        return _from_stream(file, size)
    raise Refused("it is neither a safetensors file nor one of torch.save")


def _from_zip(file: BinaryIO, size: int) -> tuple[Value, dict[str, Span]]:
    try:
        archive = zipfile.ZipFile(file)
    except (
        zipfile.BadZipFile,
        ValueError,
        NotImplementedError,
        OSError,
        OverflowError,
        struct.error,
    ) as error:
        raise Refused("its zip archive is damaged or cut short") from error
    entries = {entry.filename: entry for entry in archive.infolist()}
    if len(entries) != len(archive.infolist()):
        raise Refused("its archive names one file twice")
    programs = [name for name in entries if name.rpartition("/")[2] == "data.pkl"]
    if len(programs) != 1 or programs[0].count("/") > 1:
        raise Refused(f"its archive has {len(programs)} pickles where torch writes one")

    folder = programs[0].removesuffix("data.pkl")
    spans = {
        name.removeprefix(f"{folder}data/"): _span(file, entry, size)
        for name, entry in entries.items()
        if name.startswith(f"{folder}data/") and not entry.is_dir()
    }
    if (order := entries.get(f"{folder}byteorder")) and _piece(file, order, size) != b"little":
        raise Refused("its numbers are stored with the highest byte first")
    program = memoryview(_piece(file, entries[programs[0]], size))
    root, end = read(program)
    if end != len(program):
        raise Refused("its pickle goes on after its end")
    return root, spans


def _piece(file: BinaryIO, entry: zipfile.ZipInfo, size: int) -> bytes:
    """Return a small file of the archive."""
    span = _span(file, entry, size)
    if span.size > MAX_PICKLE:
        raise Refused(f"its pickle has {span.size} bytes; at most {MAX_PICKLE} are read")
    file.seek(span.start)
    data = file.read(span.size)
    if zlib.crc32(data) != span.crc:
        raise Refused("its pickle does not have the checksum that the archive tells")
    return data


def _span(file: BinaryIO, entry: zipfile.ZipInfo, size: int) -> Span:
    if entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size:
        raise Refused("its archive is compressed, which torch never does")
    if entry.flag_bits & 1:
        raise Refused("its archive is encrypted")
    file.seek(max(entry.header_offset, 0))
    local = file.read(30)
    if entry.header_offset < 0 or len(local) < 30 or not local.startswith(b"PK\x03\x04"):
        raise Refused("its zip archive is damaged or cut short")
    name, extra = struct.unpack("<HH", local[26:30])
    start = entry.header_offset + 30 + name + extra
    if start + entry.file_size > size:
        raise Refused("its zip archive is damaged or cut short")
    return Span(start, entry.file_size, entry.CRC)


def _from_stream(file: BinaryIO, size: int) -> tuple[Value, dict[str, Span]]:
    """Read the layout of before torch 1.6: five pickles in a row, then each storage."""
    file.seek(0)
    data = memoryview(file.read(MAX_PICKLE))
    magic, place = read(data)
    if magic != _MAGIC:
        raise Refused("it is a pickle, but not one of torch.save")
    protocol, place = read(data, place)
    system, place = read(data, place)
    if protocol != _LEGACY or not isinstance(system, dict) or not system.get("little_endian"):
        raise Refused("it is of a form that torch does not write")
    root, place = read(data, place)
    keys, place = read(data, place)

    sizes = {key: SIZES.get(label, 0) for label, key, _ in _storages(root)}
    spans: dict[str, Span] = {}
    for key in keys if isinstance(keys, list) else ():
        file.seek(place)
        count = int.from_bytes(file.read(8), "little")
        if type(key) is not str or key not in sizes or place + 8 + count * sizes[key] > size:
            raise Refused("it ends before its tensors do")
        spans[key] = Span(place + 8, count * sizes[key], 0)
        place += 8 + count * sizes[key]
    return root, spans


def _storages(root: Value) -> Iterator[Storage]:
    """Yield the storages of all tensors, wherever they stand in the first few levels."""
    seen: set[int] = set()
    level = [root]
    for _ in range(_LEVELS):
        below: list[Value] = []
        for value in level:
            if isinstance(value, TensorRecord):
                yield value.storage
            elif id(value) not in seen:
                seen.add(id(value))
                below += _within(value)
        level = below


def _within(value: Value) -> list[Value]:
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, (list, tuple)):
        return list(value)
    return list(getattr(value, "entries", {}).values())
