"""What a model's file says of it."""

from pathlib import Path

import pytest

from underpaint.engines._known import Known, known
from underpaint.errors import WeightsError
from underpaint.families import tiny
from underpaint.weights import checkpoint, folder, shelf


def test_a_family_that_makes_its_model_is_all_there_is_to_know() -> None:
    assert known("tiny") == Known("tiny", {})
    assert known(shelf.find("mini")) == Known("sd1", {})


def test_a_file_and_a_folder_tell_what_suits_them(tmp_path: Path) -> None:
    weights = tiny.weights()
    checkpoint.save(tmp_path / "soft_turbo.safetensors", weights.tensors, {})
    found = known(tmp_path / "soft_turbo.safetensors")
    assert (found.family, found.suits["steps"]) == ("sd1", 4)
    folder.save(tmp_path / "soft_lcm", weights)
    assert known(tmp_path / "soft_lcm").suits["sampler"] == "lcm"


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.safetensors").write_bytes(b"?")
    with pytest.raises(WeightsError, match="broken"):
        known(tmp_path / "broken.safetensors")
