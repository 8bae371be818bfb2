"""Diffusers folders are read as single files, and what we write diffusers loads."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
)

from underpaint.errors import StorageError, WeightsError
from underpaint.families import tiny
from underpaint.networks.clip import ClipText, ClipTextParams
from underpaint.networks.unet import UNet, UNetParams
from underpaint.networks.vae import Autoencoder, AutoencoderParams
from underpaint.weights import folder, hashes, pickled
from underpaint.weights._safetensors import Weights
from underpaint.weights.rename import bind, hollow, split

LARGE: dict[str, Any] = {
    "block_out_channels": [32, 64],
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
    "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"],
    "transformer_layers_per_block": [1, 2],
    "attention_head_dim": [1, 1],
    "cross_attention_dim": 24,
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 8,
    "projection_class_embeddings_input_dim": 56,
    "layers_per_block": 1,
}


def text(width: int, act: str = "quick_gelu") -> CLIPTextConfig:
    return CLIPTextConfig(
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=2,
        num_attention_heads=1,
        projection_dim=width,
        hidden_act=act,
        vocab_size=64,
        max_position_embeddings=8,
    )


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Return a small Stable Diffusion XL as diffusers and transformers save it."""
    torch.manual_seed(0)
    path = tmp_path / "large"
    make_unet: Any = UNet2DConditionModel
    make_vae: Any = AutoencoderKL
    make_unet(**LARGE).save_pretrained(path / "unet")
    make_vae(
        block_out_channels=[32, 64],
        down_block_types=["DownEncoderBlock2D"] * 2,
        up_block_types=["UpDecoderBlock2D"] * 2,
        scaling_factor=0.13025,
    ).save_pretrained(path / "vae")
    CLIPTextModel(text(8)).save_pretrained(path / "text_encoder")
    CLIPTextModelWithProjection(text(16, "gelu")).save_pretrained(path / "text_encoder_2")
    (path / "scheduler").mkdir()
    scheduler = {"prediction_type": "v_prediction", "beta_schedule": "scaled_linear"}
    scheduler |= {"beta_start": 0.00085, "beta_end": 0.012, "rescale_betas_zero_snr": True}
    (path / "scheduler" / "scheduler_config.json").write_text(json.dumps(scheduler))
    (path / folder.INDEX).write_text(json.dumps({"_class_name": "StableDiffusionXLPipeline"}))
    return path


def stored(path: Path) -> dict[str, Tensor]:
    """Return all tensors of a folder, text encoders' names with their prefix."""
    found: dict[str, Tensor] = {}
    for part in ("unet", "vae", "text_encoder", "text_encoder_2"):
        for file in sorted((path / part).glob("*.safetensors")):
            for name, tensor in load_file(file).items():
                long = part.startswith("text") and not name.startswith("text_")
                found[f"{part}/{'text_model.' * long}{name}"] = tensor
    return {name: tensor for name, tensor in found.items() if "position_ids" not in name}


def same(found: dict[str, Tensor], wanted: dict[str, Tensor]) -> bool:
    return found.keys() == wanted.keys() and all(torch.equal(found[n], wanted[n]) for n in wanted)


def test_a_folder_is_read_written_and_the_same_again(large: Path, tmp_path: Path) -> None:
    weights = folder.read(large)
    assert weights.name == "large"
    prefixes = {name.partition(".")[0] for name in weights.tensors}
    assert prefixes == {"model", "first_stage_model", "conditioner"}
    folder.save(tmp_path / "again", weights)
    assert same(stored(tmp_path / "again"), stored(large))


def test_diffusers_loads_what_we_write(large: Path, tmp_path: Path) -> None:
    """Our configurations, made from shapes, give diffusers the networks that it saved."""
    folder.save(tmp_path / "again", folder.read(large))
    kinds: dict[str, Any] = {
        "unet": UNet2DConditionModel,
        "vae": AutoencoderKL,
        "text_encoder": CLIPTextModel,
        "text_encoder_2": CLIPTextModelWithProjection,
    }
    for part, kind in kinds.items():
        ours = kind.from_pretrained(tmp_path / "again" / part)
        theirs = kind.from_pretrained(large / part)
        assert same(dict(ours.state_dict()), dict(theirs.state_dict()))
    index = json.loads((tmp_path / "again" / folder.INDEX).read_text())
    assert index["_class_name"] == "StableDiffusionXLPipeline"
    assert index["text_encoder_2"] == ["transformers", "CLIPTextModelWithProjection"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_whole_pipeline_of_diffusers_paints_with_what_we_write(tmp_path: Path) -> None:
    parts: dict[str, Any] = {
        "model.diffusion_model.": UNet(
            UNetParams(
                channels=128,
                multipliers=(1, 1),
                blocks=1,
                attention=(False, True),
                context_width=32,
            )
        ),
        "first_stage_model.": Autoencoder(
            AutoencoderParams(channels=128, multipliers=(1, 1, 1, 1))
        ),
        "cond_stage_model.transformer.": ClipText(ClipTextParams(width=32, layers=2, heads=1)),
    }
    tensors = {p + n: t for p, network in parts.items() for n, t in network.state_dict().items()}
    folder.save(tmp_path / "tiny", Weights(tensors, {}, name="small"))
    pipeline = StableDiffusionPipeline.from_pretrained(tmp_path / "tiny")
    result: Any = pipeline("a fox", num_inference_steps=2, height=64, width=64, output_type="np")
    assert result.images.shape == (1, 64, 64, 3)


def test_the_tokenizers_are_written(large: Path, tmp_path: Path) -> None:
    folder.save(tmp_path / "again", folder.read(large))
    for name, padding in (("tokenizer", 49407), ("tokenizer_2", 0)):
        theirs = CLIPTokenizer.from_pretrained(tmp_path / "again" / name)
        found = theirs("a red fox", padding="max_length", max_length=77)["input_ids"]
        assert found[:5] == [49406, 320, 736, 3240, 49407]
        assert found[5:] == [padding] * 72


def test_an_autoencoder_from_a_folder_computes_what_diffusers_does(large: Path) -> None:
    """At 128 channels, from where both normalise alike."""
    torch.manual_seed(0)
    make_vae: Any = AutoencoderKL
    theirs = make_vae(
        block_out_channels=[128, 128],
        down_block_types=["DownEncoderBlock2D"] * 2,
        up_block_types=["UpDecoderBlock2D"] * 2,
    )
    theirs.save_pretrained(large / "vae")
    tensors = split(folder.read(large).tensors, "first_stage_model.")
    ours = hollow(
        lambda: Autoencoder(AutoencoderParams(channels=128, multipliers=(1, 1), blocks=1))
    )
    bind(ours, tensors, "it")
    latent = torch.randn(1, 4, 8, 8)
    with torch.no_grad():
        wanted, found = theirs.decode(latent).sample, ours.decode(latent)
    assert (found - wanted).abs().max() <= 1e-4 * wanted.abs().max()


def test_configurations_become_remarks(large: Path) -> None:
    found = folder.read(large).metadata
    assert found["underpaint.prediction"] == "v"
    assert found["underpaint.betas"] == "scaled_linear 0.00085 0.012 zero_terminal"
    assert found["underpaint.latent_scale"] == "0.13025"
    assert json.loads(found["underpaint.network"]) == {"text": {"heads": 1}}


def test_shards_pickles_and_variants_are_read(large: Path, tmp_path: Path) -> None:
    wanted = folder.read(large)
    plain = large / "unet" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(plain)
    names = sorted(tensors)

    save_file({name: tensors[name].half() for name in names}, plain.with_name(
        "diffusion_pytorch_model.fp16.safetensors"
    ))  # fmt: skip
    assert same(dict(folder.read(large).tensors), dict(wanted.tensors))  # the plain one goes first

    plain.unlink()
    halved = folder.read(large).promised["model.diffusion_model.out.2.bias"]
    assert halved.dtype == torch.float16
    for file in (large / "unet").glob("*.safetensors"):
        file.unlink()

    shards = {"a.safetensors": names[::2], "b.safetensors": names[1::2]}
    for file, some in shards.items():
        save_file({name: tensors[name] for name in some}, large / "unet" / file)
    where = {name: file for file, some in shards.items() for name in some}
    index = large / "unet" / "diffusion_pytorch_model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": where}))
    assert same(dict(folder.read(large).tensors), dict(wanted.tensors))

    index.unlink()
    torch.save(tensors, large / "unet" / "diffusion_pytorch_model.bin")
    assert same(dict(folder.read(large).tensors), dict(wanted.tensors))
    assert pickled.converted(large / "unet" / "diffusion_pytorch_model.bin").exists()


def test_the_kind_of_text_encoder_is_told_by_its_configuration(large: Path) -> None:
    def texts() -> set[str]:
        names = folder.read(large).tensors
        return {n.partition(".transformer.")[0] for n in names if ".transformer." in n} - {"model"}

    assert texts() == {"conditioner.embedders.0", "conditioner.embedders.1.model"}
    (large / "text_encoder").rename(large / "away")
    assert texts() == {"conditioner.embedders.0.model"}  # the refiner
    (large / "text_encoder_2").rename(large / "text_encoder")
    assert texts() == {"cond_stage_model.model"}  # Stable Diffusion 2
    config = large / "text_encoder" / "config.json"
    config.write_text(config.read_text().replace('"gelu"', '"quick_gelu"'))
    assert any(n.startswith("cond_stage_model.transformer.") for n in folder.read(large).tensors)


def test_the_hash_of_a_folder_is_that_of_its_files(large: Path) -> None:
    assert folder.read(large).sha256 == hashes.sha256(large)


def test_what_is_missing_is_told(large: Path, tmp_path: Path) -> None:
    (large / "vae").rename(large / "away")
    with pytest.raises(WeightsError, match="large' has no folder 'vae'"):
        folder.read(large)
    (large / "away").rename(large / "vae")
    (large / folder.INDEX).write_text("[]")
    with pytest.raises(WeightsError, match="is not a JSON object"):
        folder.read(large)
    (large / folder.INDEX).write_text("{" * 10**5)
    with pytest.raises(WeightsError, match="is not JSON"):
        folder.read(large)


def test_nothing_is_written_by_halves(tmp_path: Path) -> None:
    weights = tiny.weights()
    (tmp_path / "there").mkdir()
    with pytest.raises(StorageError, match="there already"):
        folder.save(tmp_path / "there", weights)
    parts = {n: t for n, t in weights.tensors.items() if not n.startswith("first_stage")}
    with pytest.raises(WeightsError, match="no whole Stable Diffusion"):
        folder.save(tmp_path / "new", Weights(parts, {}, name="half"))
    odd = dict(weights.tensors) | {"first_stage_model.odd": torch.ones(1)}
    with pytest.raises(WeightsError, match="has 'odd', for which diffusers has no name"):
        folder.save(tmp_path / "new", Weights(odd, {}, name="odd"))
    assert [path.name for path in tmp_path.iterdir()] == ["there"]
