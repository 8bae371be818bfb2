"""Another autoencoder takes the place of a model's own, whatever file it comes in."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from underpaint.errors import WeightsError
from underpaint.families import tiny
from underpaint.weights import _safetensors, autoencoder, folder, layouts
from underpaint.weights._lazy import Tensors, promises

PREFIX = "first_stage_model."


def other() -> dict[str, Tensor]:
    """Return an autoencoder of the sizes of `tiny`'s, with other numbers."""
    own = {n: t for n, t in tiny.weights().tensors.items() if n.startswith(PREFIX)}
    return {name.removeprefix(PREFIX): tensor + 1 for name, tensor in own.items()}


def check(path: Path) -> None:
    weights = tiny.weights()
    found = autoencoder.replaced(weights, path)
    assert found.first_stage == path
    assert found.tensors.keys() == weights.tensors.keys()
    assert found.shapes == weights.shapes
    for name, tensor in other().items():
        assert torch.equal(found.tensors[PREFIX + name], tensor)
    name = "model.diffusion_model.out.2.bias"
    assert torch.equal(found.tensors[name], weights.tensors[name])
    assert (found.name, found.metadata) == (weights.name, weights.metadata)


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_vae_pt_is_taken(tmp_path: Path, wrapped: bool) -> None:
    loss = {"loss.discriminator.main.0.weight": torch.ones(1), "loss.logvar": torch.ones(1)}
    saved = other() | loss
    torch.save({"state_dict": saved} if wrapped else saved, tmp_path / "kl.vae.pt")
    check(tmp_path / "kl.vae.pt")


def test_a_safetensors_file_and_a_whole_checkpoint_are_taken(tmp_path: Path) -> None:
    _safetensors.save(tmp_path / "kl.vae.safetensors", other(), {})
    check(tmp_path / "kl.vae.safetensors")
    whole = dict(tiny.weights().tensors) | {PREFIX + n: t for n, t in other().items()}
    _safetensors.save(tmp_path / "whole.safetensors", whole, {})
    check(tmp_path / "whole.safetensors")


def test_a_folder_and_a_file_of_diffusers_are_taken(tmp_path: Path) -> None:
    own = layouts.named_as_folder(layouts.AUTOENCODER, promises(other()), "it")
    (tmp_path / "vae").mkdir()
    path = tmp_path / "vae" / "diffusion_pytorch_model.safetensors"
    _safetensors.save(path, Tensors(own), {})
    check(path)
    check(tmp_path / "vae")


def test_what_holds_no_autoencoder_is_told(tmp_path: Path) -> None:
    _safetensors.save(tmp_path / "lora.safetensors", {"lora_unet_x": torch.ones(1)}, {})
    with pytest.raises(WeightsError, match=r"lora.safetensors' holds no autoencoder"):
        autoencoder.replaced(tiny.weights(), tmp_path / "lora.safetensors")
    with pytest.raises(WeightsError, match="no file of weights"):
        autoencoder.replaced(tiny.weights(), tmp_path)
    assert not folder.is_one(tmp_path)
