"""The autoencoder a latent model stands on."""

from pathlib import Path

import pytest
import torch

from underpaint.errors import TrainingError, WeightsError
from underpaint.training.first_stage import load_first_stage
from underpaint.weights.checkpoint import read, save

CPU = torch.device("cpu")


def test_it_comes_with_its_scale_and_its_sizes(autoencoder: Path) -> None:
    stage = load_first_stage(autoencoder, CPU)
    assert stage.scale == float(read(autoencoder).metadata["underpaint.latent_scale"])
    assert stage.network.params.latent_channels == 4
    assert stage.network.params.patch == 2
    assert not any(weight.requires_grad for weight in stage.network.parameters())


def test_scaled_latents_decode_to_what_was_encoded(autoencoder: Path) -> None:
    stage = load_first_stage(autoencoder, CPU)
    pixels = torch.rand(2, 3, 16, 16) * 2 - 1
    means = stage.encode(pixels)
    assert means.shape == (2, 4, 4, 4)
    assert torch.allclose(stage.decode(means * stage.scale), stage.network.decode(means), atol=1e-4)


def test_weights_without_remarks_have_the_usual_scale(autoencoder: Path, tmp_path: Path) -> None:
    path = tmp_path / "plain.safetensors"
    save(path, read(autoencoder).tensors, {})
    assert load_first_stage(path, CPU).scale == pytest.approx(0.18215)


def test_other_weights_have_another_fingerprint(autoencoder: Path, tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    tensors = dict(read(autoencoder).tensors)
    name = "first_stage_model.quant_conv.bias"
    save(path, tensors | {name: tensors[name] + 1}, read(autoencoder).metadata)
    again, other = load_first_stage(autoencoder, CPU), load_first_stage(path, CPU)
    assert again.fingerprint == load_first_stage(autoencoder, CPU).fingerprint
    assert again.fingerprint != other.fingerprint


def test_files_without_a_whole_autoencoder_are_refused(autoencoder: Path, tmp_path: Path) -> None:
    path = tmp_path / "some.safetensors"
    save(path, {"model.diffusion_model.out.2.bias": torch.zeros(4)}, {})
    with pytest.raises(TrainingError, match="holds no autoencoder"):
        load_first_stage(path, CPU)

    tensors = dict(read(autoencoder).tensors)
    del tensors["first_stage_model.decoder.conv_out.bias"]
    save(path, tensors, {})
    with pytest.raises(TrainingError, match="is not whole"):
        load_first_stage(path, CPU)
    with pytest.raises(WeightsError):
        load_first_stage(tmp_path / "absent.safetensors", CPU)
