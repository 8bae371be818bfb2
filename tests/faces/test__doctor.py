"""The look at this machine."""

import json
from pathlib import Path

import pytest

from underpaint.faces import _doctor


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not measure; that is tested where it is done."""
    monkeypatch.setattr(_doctor._machine, "bfloat16_gain", lambda: 2.0)


def test_all_is_looked_at_and_nothing_left_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "pictures"
    assert _doctor.doctor([tmp_path], out, as_json=False) in (True, False)
    told = capsys.readouterr().out
    for words in ("Python", "torch", "cores", "memory", "2.0 times as fast", "models", "disk"):
        assert words in told
    assert f"ok  outputs       {out} can be written" in told
    assert not list(tmp_path.iterdir())


def test_what_is_wrong_is_marked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    taken = tmp_path / "taken"
    taken.write_bytes(b"a file")
    assert not _doctor.doctor([taken], taken, as_json=True)
    findings = {each["what"]: each for each in json.loads(capsys.readouterr().out)}
    assert not findings["models"]["good"]
    assert not findings["outputs"]["good"]
    assert str(taken) in findings["outputs"]["found"]
    assert findings["Python"]["good"]


def test_little_disk_or_memory_is_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_doctor._machine, "memory", lambda: (2**34, 2**20))
    monkeypatch.setattr(_doctor, "ENOUGH_DISK", 2**80)
    found = {finding.what: finding for finding in _doctor.findings([], tmp_path)}
    assert not found["memory"].good
    assert found["memory"].found == "1.0 MiB free of 16.0 GiB"
    assert not found["disk"].good


def test_an_old_picture_folder_stays(tmp_path: Path) -> None:
    (tmp_path / "00000-1.png").write_bytes(b"old")
    list(_doctor.findings([], tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["00000-1.png"]
