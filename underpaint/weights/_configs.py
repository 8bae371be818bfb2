"""What the configurations of a diffusers folder know: read as remarks, written from shapes."""

import json
from collections.abc import Mapping
from itertools import count
from types import MappingProxyType
from typing import Any, TypeAlias

from underpaint.errors import WeightsError
from underpaint.weights.layouts import AUTOENCODER, UNET, Part

__all__ = ["remarks", "written"]

Config: TypeAlias = Mapping[str, Any]
Shapes: TypeAlias = Mapping[str, tuple[int, ...]]

_PREDICTIONS = MappingProxyType({"epsilon": "eps", "v_prediction": "v", "sample": "x0"})
_BETAS = MappingProxyType(
    {"scaled_linear": "scaled_linear", "linear": "linear", "squaredcos_cap_v2": "cosine"}
)
_SD1_BETAS = (0.00085, 0.012)
_SD1_HEADS = 8
_HEAD = 64


def remarks(configs: Mapping[str, Config]) -> dict[str, str]:
    """Return what configurations say that tensors do not, as `underpaint.families` heeds it.

    Args:
        configs: by the name of their folder.
    """
    found: dict[str, str] = {}
    scheduler, first_stage = configs.get("scheduler", {}), configs.get("vae", {})
    if (predicted := _PREDICTIONS.get(str(scheduler.get("prediction_type")))) is not None:
        found["underpaint.prediction"] = predicted
    if (kind := _BETAS.get(str(scheduler.get("beta_schedule")))) is not None:
        ends = [scheduler.get(name) for name in ("beta_start", "beta_end")]
        known = all(type(end) is float for end in ends) and kind != "cosine"
        words = [kind, *map(str, ends)] if known else [kind]
        zero = scheduler.get("rescale_betas_zero_snr") is True
        found["underpaint.betas"] = " ".join([*words, "zero_terminal"] if zero else words)
    if type(scale := first_stage.get("scaling_factor")) in {float, int}:
        found["underpaint.latent_scale"] = str(scale)
    if heads := _heads(configs):
        found["underpaint.network"] = json.dumps(heads)
    return found


def _heads(configs: Mapping[str, Config]) -> dict[str, dict[str, int]]:
    """Return the numbers of attention heads that are not those of Stable Diffusion 1."""
    unet, text = configs.get("unet", {}), configs.get("text_encoder", {})
    heads: dict[str, dict[str, int]] = {}
    told = unet.get("num_attention_heads") or unet.get("attention_head_dim")
    if type(told) is int and told != _SD1_HEADS:
        heads["unet"] = {"heads": told}
    width, told = text.get("hidden_size"), text.get("num_attention_heads")
    if type(told) is int and type(width) is int and told * _HEAD != width:
        heads["text"] = {"heads": told}
    return heads


def written(
    parts: Mapping[Part, Shapes], metadata: Mapping[str, str], where: str
) -> dict[str, Config]:
    """Return the configurations of a folder, by file.

    Args:
        parts: the shapes of each network's tensors, as a folder has them.
        metadata: the remarks of the weights.
        where: their name, for the error.

    Raises:
        WeightsError: a network that every model has is missing.
    """
    by_folder = {part.folder: part for part in parts}
    if not {"unet", "vae"} <= by_folder.keys() or len(by_folder) < 3:
        raise WeightsError(f"{where} is no whole Stable Diffusion, and diffusers wants one")
    heads = json.loads(metadata.get("underpaint.network", "{}"))
    large = "text_encoder_2" in by_folder
    found: dict[str, Config] = {
        "model_index.json": _index(by_folder, large=large),
        "scheduler/scheduler_config.json": _scheduler(metadata),
        "unet/config.json": _unet(parts[UNET], heads.get("unet", {}).get("heads")),
        "vae/config.json": _autoencoder(parts[AUTOENCODER], metadata, large=large),
    }
    for folder, part in by_folder.items():
        if folder.startswith("text"):
            shapes, told = parts[part], heads.get("text", {}).get("heads")
            found[f"{folder}/config.json"] = _text(shapes, told, part.kind)
    return found


def _index(parts: Mapping[str, Part], *, large: bool) -> Config:
    kind = "StableDiffusionPipeline"
    if large:
        kind = (
            "StableDiffusionXLPipeline"
            if "text_encoder" in parts
            else ("StableDiffusionXLImg2ImgPipeline")
        )
    index: dict[str, Any] = {
        "_class_name": kind,
        "_diffusers_version": "0.38.0",
        "scheduler": ["diffusers", "EulerDiscreteScheduler"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    }
    for name, part in (("text_encoder", ""), ("text_encoder_2", "WithProjection")):
        there = name in parts
        tokenizer = name.replace("text_encoder", "tokenizer")
        if there or large:
            index[name] = ["transformers", f"CLIPTextModel{part}"] if there else [None, None]
            index[tokenizer] = ["transformers", "CLIPTokenizer"] if there else [None, None]
    if not large:
        index |= {name: [None, None] for name in ("safety_checker", "feature_extractor")}
        index["requires_safety_checker"] = False
    elif "text_encoder" not in parts:
        index["requires_aesthetics_score"] = True
    return index


def _scheduler(metadata: Mapping[str, str]) -> Config:
    words = metadata.get("underpaint.betas", "scaled_linear").split()
    kind, *ends = [word for word in words if word != "zero_terminal"]
    start, end = map(float, ends) if len(ends) == 2 else _SD1_BETAS
    predicted = metadata.get("underpaint.prediction", "eps")
    theirs = {own: name for name, own in _PREDICTIONS.items()}
    return {
        "_class_name": "EulerDiscreteScheduler",
        "beta_schedule": {own: name for name, own in _BETAS.items()}.get(kind, kind),
        "beta_start": start,
        "beta_end": end,
        "num_train_timesteps": 1000,
        "rescale_betas_zero_snr": "zero_terminal" in words,
        "prediction_type": theirs.get(predicted, "epsilon"),
        "steps_offset": 1,
        "timestep_spacing": "leading",
    }


def _unet(shapes: Shapes, heads: int | None) -> Config:
    levels = _counted(shapes, "down_blocks.{}.resnets.0.norm1.weight")
    widths = [shapes[f"down_blocks.{n}.resnets.0.conv1.weight"][0] for n in range(levels)]
    down = [f"down_blocks.{n}.attentions.0." for n in range(levels)]
    middle = _counted(shapes, "mid_block.attentions.0.transformer_blocks.{}.norm1.weight")
    depths = [_counted(shapes, name + "transformer_blocks.{}.norm1.weight") for name in down]
    attends = [f"{name}norm.weight" in shapes for name in down]
    linear = len(shapes["mid_block.attentions.0.proj_in.weight"]) == 2
    context = shapes["mid_block.attentions.0.transformer_blocks.0.attn2.to_k.weight"][1]
    config: dict[str, Any] = {
        "_class_name": "UNet2DConditionModel",
        "in_channels": shapes["conv_in.weight"][1],
        "out_channels": shapes["conv_out.weight"][0],
        "block_out_channels": widths,
        "layers_per_block": _counted(shapes, "down_blocks.0.resnets.{}.norm1.weight"),
        "down_block_types": [f"{'CrossAttn' * each}DownBlock2D" for each in attends],
        "up_block_types": [f"{'CrossAttn' * each}UpBlock2D" for each in reversed(attends)],
        "cross_attention_dim": context,
        "attention_head_dim": heads or ([w // _HEAD for w in widths] if linear else _SD1_HEADS),
        "use_linear_projection": linear,
        "transformer_layers_per_block": [depth or middle for depth in depths],
        "sample_size": 64,
    }
    if (added := shapes.get("add_embedding.linear_1.weight")) is not None:
        config |= {
            "addition_embed_type": "text_time",
            "addition_time_embed_dim": 256,
            "projection_class_embeddings_input_dim": added[1],
            "sample_size": 128,
        }
    if (guided := shapes.get("time_embedding.cond_proj.weight")) is not None:
        config["time_cond_proj_dim"] = guided[1]
    return config


def _autoencoder(shapes: Shapes, metadata: Mapping[str, str], *, large: bool) -> Config:
    levels = _counted(shapes, "encoder.down_blocks.{}.resnets.0.norm1.weight")
    widths = [shapes[f"encoder.down_blocks.{n}.resnets.0.conv1.weight"][0] for n in range(levels)]
    scale = float(metadata.get("underpaint.latent_scale", 0.13025 if large else 0.18215))
    return {
        "_class_name": "AutoencoderKL",
        "block_out_channels": widths,
        "down_block_types": ["DownEncoderBlock2D"] * levels,
        "up_block_types": ["UpDecoderBlock2D"] * levels,
        "in_channels": shapes["encoder.conv_in.weight"][1],
        "out_channels": shapes["decoder.conv_out.weight"][0],
        "latent_channels": shapes["post_quant_conv.weight"][1],
        "layers_per_block": _counted(shapes, "encoder.down_blocks.0.resnets.{}.norm1.weight"),
        "norm_num_groups": min(32, widths[0] // 4),
        "scaling_factor": scale,
        "sample_size": 1024 if large else 512,
    }


def _text(shapes: Shapes, heads: int | None, kind: str) -> Config:
    vocabulary, width = shapes["text_model.embeddings.token_embedding.weight"]
    projection = shapes.get("text_projection.weight")
    name = "CLIPTextModelWithProjection" if projection else "CLIPTextModel"
    return {
        "architectures": [name],
        "model_type": "clip_text_model",
        "vocab_size": vocabulary,
        "hidden_size": width,
        "intermediate_size": shapes["text_model.encoder.layers.0.mlp.fc1.weight"][0],
        "num_hidden_layers": _counted(shapes, "text_model.encoder.layers.{}.layer_norm1.weight"),
        "num_attention_heads": heads or max(1, width // _HEAD),
        "max_position_embeddings": shapes["text_model.embeddings.position_embedding.weight"][0],
        "hidden_act": "gelu" if kind == "open_clip" else "quick_gelu",
        "projection_dim": projection[0] if projection else width,
        "bos_token_id": 49406,
        "eos_token_id": 49407,
        "pad_token_id": 1,
    }


def _counted(names: Shapes, name: str) -> int:
    """Return how many of name.format(0), name.format(1), ... there are."""
    return next(index for index in count() if name.format(index) not in names)
