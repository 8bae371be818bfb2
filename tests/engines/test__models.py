"""Models by name, before anything is loaded."""

import subprocess
import sys
from pathlib import Path

import pytest

from underpaint.engines import _models
from underpaint.errors import ModelNotFoundError, StorageError


def test_a_family_that_needs_no_file_is_found_by_its_name() -> None:
    assert _models.find("tiny", ()) == "tiny"


def test_a_file_in_a_folder_goes_before_a_family(tmp_path: Path) -> None:
    path = tmp_path / "tiny.safetensors"
    path.write_bytes(b"")
    assert _models.find("tiny", [tmp_path]) == path


def test_an_unknown_name_is_refused_with_those_there_are(tmp_path: Path) -> None:
    (tmp_path / "soft.safetensors").write_bytes(b"")
    with pytest.raises(ModelNotFoundError, match=r"no 'hard' in models; there are: soft"):
        _models.find("hard", [tmp_path])


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    path = tmp_path / "models"
    path.write_bytes(b"")
    with pytest.raises(StorageError, match="Not a directory"):
        _models.find("mini", [path])


def test_finding_needs_no_torch() -> None:
    code = (
        "import sys; from underpaint.engines._models import find; find('tiny', ());"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
