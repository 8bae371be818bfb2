"""Models by name, before anything is loaded."""

import subprocess
import sys
from pathlib import Path

import pytest

from underpaint.engines import _models
from underpaint.errors import ModelNotFoundError, StorageError
from underpaint.requests.image import ImageRequest


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


def test_an_autoencoder_is_found_by_name_or_beside_the_model(tmp_path: Path) -> None:
    for name in ("models/VAE/fine.pt", "soft.safetensors", "soft.vae.pt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    folders, model = [tmp_path], tmp_path / "soft.safetensors"
    assert _models.first_stage("automatic", model, folders) == tmp_path / "soft.vae.pt"
    assert _models.first_stage("automatic", "tiny", folders) is None
    assert _models.first_stage("own", model, folders) is None
    for name in ("fine", "fine.pt"):
        assert _models.first_stage(name, "tiny", folders) == tmp_path / "models/VAE/fine.pt"
    with pytest.raises(ModelNotFoundError, match="no 'odd' in vaes; there are: fine"):
        _models.first_stage("odd", model, folders)


def test_a_request_for_files_that_are_not_there_is_refused(tmp_path: Path) -> None:
    _models.check(ImageRequest(), [tmp_path])
    for request in (ImageRequest(model="odd"), ImageRequest(vae="odd")):
        with pytest.raises(ModelNotFoundError, match="no 'odd' in "):
            _models.check(request, [tmp_path])


def test_finding_needs_no_torch() -> None:
    code = (
        "import sys; from underpaint.engines._models import find; find('tiny', ());"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
