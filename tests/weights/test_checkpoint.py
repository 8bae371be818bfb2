"""Whatever a model comes in, it is read by one name and gives the same weights."""

from pathlib import Path

import pytest
import torch

from underpaint.families import tiny
from underpaint.weights import checkpoint, folder


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return one model in each form in which people have them."""
    place, weights = tmp_path_factory.mktemp("forms"), tiny.weights()
    tensors = dict(weights.tensors)
    checkpoint.save(place / "a.safetensors", tensors, weights.metadata)
    torch.save({"state_dict": tensors, "global_step": 840000}, place / "b.ckpt")
    torch.save(tensors, place / "c.pt")
    torch.save(tensors, place / "d.ckpt", _use_new_zipfile_serialization=False)
    folder.save(place / "e", weights)
    means = {
        name: tensor
        for name, tensor in tensors.items()
        if not name.startswith("model.diffusion_model.")
    }
    means |= {
        "model_ema." + name.removeprefix("model.").replace(".", ""): tensor
        for name, tensor in tensors.items()
        if name not in means
    }
    checkpoint.save(place / "f.safetensors", means, weights.metadata)
    torch.save({"state_dict": means}, place / "g.ckpt")
    return {path.name: path for path in sorted(place.iterdir()) if path.suffixes[1:] == []}


NAMES = ["a.safetensors", "b.ckpt", "c.pt", "d.ckpt", "e", "f.safetensors", "g.ckpt"]


@pytest.mark.parametrize("name", NAMES)
def test_every_form_gives_the_same_weights(forms: dict[str, Path], name: str) -> None:
    found, wanted = checkpoint.read(str(forms[name])), tiny.weights().tensors
    assert found.tensors.keys() == wanted.keys()
    assert all(torch.equal(found.tensors[each], wanted[each]) for each in wanted)
    assert (found.name, found.path) == (forms[name].stem, forms[name])
    assert len(found.short_hash) == 10
    averages = found.metadata.get("underpaint.averages")
    assert averages == ("used" if name[0] in "fg" else None)


@pytest.mark.parametrize("name", NAMES)
def test_shapes_are_known_without_reading_or_converting(forms: dict[str, Path], name: str) -> None:
    place = forms[name].parent
    before = sorted(place.iterdir())
    assert checkpoint.shapes(forms[name]) == tiny.weights().shapes
    assert sorted(place.iterdir()) == before


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
@pytest.mark.parametrize("suffix", [".safetensors", ".ckpt"])
def test_every_precision_is_read_as_it_is(tmp_path: Path, dtype: torch.dtype, suffix: str) -> None:
    tensors = {name: tensor.to(dtype) for name, tensor in tiny.weights().tensors.items()}
    path = tmp_path / f"model{suffix}"
    if suffix == ".ckpt":
        torch.save(tensors, path)
    else:
        checkpoint.save(path, tensors, {})
    found = checkpoint.read(path)
    assert {promise.dtype for promise in found.promised.values()} == {dtype}
    assert all(torch.equal(found.tensors[name], tensors[name]) for name in tensors)
    assert {place.dtype for place in checkpoint.header(path).places.values()} == {dtype}
