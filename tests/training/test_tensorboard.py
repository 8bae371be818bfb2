"""The event file reads back, checksums and all, by a reader that shares nothing with the writer."""

import struct
from pathlib import Path

from underpaint.training.tensorboard import EventFile, crc32c, masked


def records(path: Path) -> list[bytes]:
    """Read TFRecords, checking both checksums of each."""
    data, found = path.read_bytes(), []
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        assert data[8:12] == masked(data[:8])
        record, tail = data[12 : 12 + length], data[12 + length : 16 + length]
        assert tail == masked(record)
        found.append(record)
        data = data[16 + length :]
    return found


def message(data: bytes) -> dict[int, bytes | int]:
    """Read the fields of a protobuf message: raw bytes, or whole numbers."""
    fields: dict[int, bytes | int] = {}
    place = 0

    def varint() -> int:
        nonlocal place
        value = shift = 0
        while True:
            byte = data[place]
            place += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while place < len(data):
        number, kind = divmod(varint(), 8)
        if kind == 0:
            fields[number] = varint()
            continue
        size = {1: 8, 5: 4}.get(kind) or varint()
        fields[number] = data[place : place + size]
        place += size
    return fields


def inner(fields: dict[int, bytes | int], number: int) -> dict[int, bytes | int]:
    part = fields[number]
    assert isinstance(part, bytes)
    return message(part)


def test_the_checksum_is_that_of_the_rfc() -> None:
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(bytes(range(32))) == 0x46DD794E


def test_scalars_read_back(tmp_path: Path) -> None:
    events = EventFile(tmp_path)
    events.scalar("loss", 0.5, 300)
    first, second = (message(record) for record in records(events.path))
    assert first[3] == b"brain.Event:2"
    assert second[2] == 300
    value = inner(inner(second, 5), 1)
    assert value[1] == b"loss"
    number = value[2]
    assert isinstance(number, bytes)
    assert struct.unpack("<f", number) == (0.5,)


def test_pictures_read_back(tmp_path: Path) -> None:
    events = EventFile(tmp_path)
    events.image("samples", b"a png" * 100, 7, width=640, height=4)
    picture = inner(inner(inner(message(records(events.path)[1]), 5), 1), 4)
    assert picture == {1: 4, 2: 640, 3: 3, 4: b"a png" * 100}


def test_tensorboard_finds_the_file_by_its_name(tmp_path: Path) -> None:
    assert EventFile(tmp_path).path.name.startswith("events.out.tfevents.")


def test_times_are_seconds(tmp_path: Path) -> None:
    stamp = message(records(EventFile(tmp_path).path)[0])[1]
    assert isinstance(stamp, bytes)
    assert struct.unpack("<d", stamp)[0] > 1.6e9
