"""Hashes are A1111's, found once for each file, and never those of another file."""

import hashlib
import os
from pathlib import Path

import pytest

from underpaint import files
from underpaint.errors import WeightsError
from underpaint.weights import hashes

DATA = bytes(range(251)) * 5000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "model.ckpt").write_bytes(DATA)
    return tmp_path / "model.ckpt"


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_the_hashes_are_those_of_the_bytes(path: Path) -> None:
    assert hashes.sha256(path) == digest(DATA)
    assert hashes.legacy(path) == digest(DATA[0x100000:0x110000])[:8]
    path.write_bytes(b"short")
    assert hashes.legacy(path) == digest(b"")[:8] == "e3b0c442"


def test_remarks_do_not_change_the_hash_of_numbers(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, remarks in (("one", b"{}"), ("other", b'{"__metadata__":{}}')):
        data = len(remarks).to_bytes(8, "little") + remarks + DATA
        path.with_name(f"{name}.safetensors").write_bytes(data)
        assert hashes.behind_header(path.with_name(f"{name}.safetensors")) == digest(DATA)
    assert hashes.behind_header(path) == digest(DATA)
    monkeypatch.setattr(hashes, "_digested", lambda *_: pytest.fail("it was read again"))
    assert hashes.behind_header(path.with_name("one.safetensors")) == digest(DATA)
    with pytest.raises(WeightsError, match="cannot read"):
        hashes.behind_header(path.with_name("none.safetensors"))


def test_a_hash_is_found_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert hashes.known(path) is None
    hashes.sha256(path)
    monkeypatch.setattr(hashes, "_digested", lambda *_: pytest.fail("it was read again"))
    assert hashes.sha256(path) == hashes.known(path) == digest(DATA)


def test_a_file_that_has_changed_is_another(path: Path) -> None:
    hashes.sha256(path)
    path.write_bytes(DATA[:-1] + b"x")
    os.utime(path, ns=(1, 1))
    assert hashes.known(path) is None
    assert hashes.sha256(path) == digest(DATA[:-1] + b"x")


def test_an_open_file_keeps_its_hash_when_another_takes_its_name(path: Path) -> None:
    with path.open("rb") as file:
        file.seek(7)
        files.write(path, b"another")
        assert hashes.sha256_of(file) == digest(DATA)
        assert file.tell() == 7
    assert hashes.sha256(path) == digest(b"another")


def test_a_folder_has_the_hash_of_the_list_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "unet").mkdir()
    (tmp_path / "unet/model.safetensors").write_bytes(b"a")
    (tmp_path / "old.bin").write_bytes(b"b")
    (tmp_path / "model_index.json").write_bytes(b"{}")
    assert hashes.known(tmp_path) is None
    listed = f"{digest(b'b')}  old.bin\n{digest(b'a')}  unet/model.safetensors\n"
    found = hashes.sha256(tmp_path)
    assert found == hashes.known(tmp_path) == digest(listed.encode())
    (tmp_path / "old.bin.safetensors").write_bytes(b"a conversion")
    assert hashes.sha256(tmp_path) == found


@pytest.mark.parametrize("kept", [b"", b"[]", b"{", b"\xff", b'{"a": 1'])
def test_a_damaged_memory_costs_time_only(path: Path, kept: bytes) -> None:
    hashes.sha256(path)
    (files.cache() / "hashes.json").write_bytes(kept)
    assert hashes.known(path) is None
    assert hashes.sha256(path) == digest(DATA)
    assert hashes.known(path) == digest(DATA)


def test_a_memory_that_cannot_be_written_costs_time_only(path: Path) -> None:
    files.cache().parent.mkdir(parents=True, exist_ok=True)
    files.cache().write_bytes(b"in the way")
    assert hashes.sha256(path) == digest(DATA)
    assert hashes.known(path) is None


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    for act in (hashes.sha256, hashes.legacy):
        with pytest.raises(WeightsError, match=r"cannot read .*nothing.*: No such file"):
            act(tmp_path / "nothing")
    assert hashes.known(tmp_path / "nothing") is None
    assert hashes.known(Path("a\0b")) is None
