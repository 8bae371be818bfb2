"""One file, in whichever format, with what stands beside it."""

from pathlib import Path

import pytest
import torch

from underpaint.errors import WeightsError
from underpaint.weights import _safetensors, _single

ONE = torch.ones(3)


@pytest.mark.parametrize("suffix", [".safetensors", ".ckpt"])
def test_averages_are_read_where_there_are_no_weights(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"model{suffix}"
    tensors = {"model_ema.diffusion_modelout2bias": ONE, "first_stage_model.a": 2 * ONE}
    if suffix == ".ckpt":
        torch.save({"state_dict": tensors}, path)
    else:
        _safetensors.save(path, tensors, {"by": "me"})
    found = _single.read(path)
    assert found.tensors.keys() == {"model.diffusion_model.out.2.bias", "first_stage_model.a"}
    assert torch.equal(found.tensors["model.diffusion_model.out.2.bias"], ONE)
    assert found.metadata["underpaint.averages"] == "used"
    header = _single.header(path)
    assert {name: place.shape for name, place in header.places.items()} == found.shapes


def test_averages_beside_weights_are_left(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    tensors = {"model.diffusion_model.out.2.bias": ONE, "model_ema.diffusion_modelout2bias": ONE}
    _safetensors.save(path, tensors, {})
    found = _single.read(path)
    assert list(found.tensors) == ["model.diffusion_model.out.2.bias"]
    assert found.metadata["underpaint.averages"] == "left out"


def test_a_safetensors_file_of_another_name_is_read_as_what_it_is(tmp_path: Path) -> None:
    _safetensors.save(tmp_path / "model.ckpt", {"a": ONE}, {})
    assert torch.equal(_single.read(tmp_path / "model.ckpt").tensors["a"], ONE)
    assert [path.name for path in tmp_path.iterdir()] == ["model.ckpt"]
    torch.save({"a": ONE}, tmp_path / "model.safetensors")
    with pytest.raises(WeightsError, match="is it a safetensors file"):
        _single.read(tmp_path / "model.safetensors")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('model:\n  params:\n    parameterization: "v"\n', "v"),
        ("    parameterization: eps # as usual", "eps"),
        ("parameterization:'x0'", "x0"),
        ("# parameterization: v", None),
        ('parameterization: "w"', None),
        ("\xff\x00" * 99, None),
        ("", None),
    ],
)
def test_the_configuration_beside_a_file_says_what_it_predicts(
    tmp_path: Path, text: str, told: str | None
) -> None:
    _safetensors.save(tmp_path / "model.safetensors", {"a": ONE}, {})
    (tmp_path / "model.yaml").write_text(text, "latin-1")
    for act in (_single.read, _single.header):
        found = act(tmp_path / "model.safetensors").metadata
        assert found.get("underpaint.prediction") == told
