"""Hashes told as AUTOMATIC1111 tells them; fetching is tested in `weights/test_hub.py`."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from underpaint.errors import ModelNotFoundError
from underpaint.faces import _fetching
from underpaint.weights import hub

DATA = bytes(range(256)) * 5000


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    (tmp_path / "Stable-diffusion").mkdir()
    (tmp_path / "Stable-diffusion" / "v1-5.ckpt").write_bytes(DATA)
    return tmp_path


def test_a_hash_is_told_as_a1111_writes_it(shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _fetching.told(["v1-5"], [shelf], as_json=False)
    heads, line = capsys.readouterr().out.splitlines()
    sha256 = hashlib.sha256(DATA).hexdigest()
    legacy = hashlib.sha256(DATA[0x100000 : 0x100000 + 0x10000]).hexdigest()[:8]
    assert heads.split() == ["title", "sha256", "legacy"]
    assert line.split() == ["v1-5.ckpt", f"[{sha256[:10]}]", sha256, legacy]


def test_all_hashes_as_json(shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _fetching.told([], [shelf], as_json=True)
    rows = json.loads(capsys.readouterr().out)
    assert rows[0]["name"] == "v1-5"
    assert rows[0]["title"] == f"v1-5.ckpt [{rows[0]['sha256'][:10]}]"
    with pytest.raises(ModelNotFoundError):
        _fetching.told(["nothing"], [shelf], as_json=True)


def test_where_a_model_was_put_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def pulled(name: str, folder: Path, **more: object) -> Path:
        assert (name, more["mirror"], more["variant"]) == ("me/fox", None, "")
        _fetching._note("fox.ckpt 10 %")
        return folder / "fox.ckpt"

    monkeypatch.setattr(hub, "pull", pulled)
    _fetching.pull("me/fox", tmp_path, mirror=None, variant=None)
    assert capsys.readouterr() == (f"{tmp_path / 'fox.ckpt'}\n", "fox.ckpt 10 %\n")


def test_no_torch_is_needed() -> None:
    code = "import sys; import underpaint.faces._fetching; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
