"""Event files that TensorBoard reads, written by hand: TFRecords of protobuf messages.

A TFRecord is a length (8 bytes, little-endian), its masked CRC-32C, the data, its masked CRC-32C.
The data is an `Event` message; only the fields needed here are known here.
"""

import struct
import time
from pathlib import Path

__all__ = ["EventFile", "crc32c", "masked"]

POLYNOMIAL = 0x82F63B78
_VARINT, _DOUBLE, _BYTES, _FLOAT = 0, 1, 2, 5
_FORMS = {_DOUBLE: "<d", _FLOAT: "<f"}


def _entry(value: int) -> int:
    for _ in range(8):
        value = value >> 1 ^ (POLYNOMIAL if value & 1 else 0)
    return value


TABLE = tuple(_entry(value) for value in range(256))


def crc32c(data: bytes) -> int:
    """Return the Castagnoli checksum of RFC 3720, appendix B.4."""
    value = 0xFFFFFFFF
    for byte in data:
        value = value >> 8 ^ TABLE[(value ^ byte) & 0xFF]
    return value ^ 0xFFFFFFFF


def masked(data: bytes) -> bytes:
    """Return the checksum as TFRecords store it: rotated, and moved away from itself."""
    value = crc32c(data)
    return struct.pack("<I", ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def _varint(value: int) -> bytes:
    if value < 0x80:
        return bytes([value])
    return bytes([value & 0x7F | 0x80]) + _varint(value >> 7)


def _field(number: int, value: int | float | bytes, kind: int) -> bytes:
    key = _varint(number << 3 | kind)
    if isinstance(value, bytes):
        return key + _varint(len(value)) + value
    return key + (struct.pack(_FORMS[kind], value) if kind in _FORMS else _varint(int(value)))


class EventFile:
    """One run's event file; every record is on its way to the disk when a call returns."""

    def __init__(self, folder: Path) -> None:
        """Open a new file in `folder`, named so that TensorBoard finds it."""
        self.path = folder / f"events.out.tfevents.{time.time_ns() // 1000:019d}.underpaint"
        self._write(_field(3, b"brain.Event:2", _BYTES))

    def scalar(self, tag: str, value: float, step: int) -> None:
        """Add a number to the curve called `tag`."""
        self._value(_field(1, tag.encode(), _BYTES) + _field(2, value, _FLOAT), step)

    def image(self, tag: str, png: bytes, step: int, *, width: int, height: int) -> None:
        """Add a picture, a PNG file's bytes, of `width` by `height` pixels."""
        sizes = _field(1, height, _VARINT) + _field(2, width, _VARINT) + _field(3, 3, _VARINT)
        picture = _field(4, sizes + _field(4, png, _BYTES), _BYTES)
        self._value(_field(1, tag.encode(), _BYTES) + picture, step)

    def _value(self, value: bytes, step: int) -> None:
        summary = _field(5, _field(1, value, _BYTES), _BYTES)
        self._write(_field(2, step, _VARINT) + summary)

    def _write(self, event: bytes) -> None:
        event = _field(1, time.time(), _DOUBLE) + event
        length = struct.pack("<Q", len(event))
        with self.path.open("ab") as file:
            file.write(length + masked(length) + event + masked(event))
