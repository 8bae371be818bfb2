"""Make keys.json.gz: each tensor of the published checkpoints and its shape, in both layouts.

A single file's names are written down from the layout of the original programs (CompVis and
Stability for the U-Net and the autoencoder, OpenCLIP for the large text encoders), without a line
of ours; a folder's are those of diffusers' and transformers' own classes in the published
configurations. `tests/weights/test_layouts.py` holds each against the other.

    python tests/golden/make_keys.py
"""

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from underpaint.weights.rename import hollow

FILE = Path(__file__).with_name("keys.json.gz")

Named = Iterator[tuple[str, list[int]]]


@dataclass(frozen=True)
class Sizes:
    """What tells one U-Net from another."""

    inputs: int = 4
    channels: int = 320
    multipliers: Sequence[int] = (1, 2, 4, 4)
    depths: Sequence[int] = (1, 1, 1, 0)
    middle: int = 1
    context: int = 768
    linear: bool = False
    labels: int = 0


def layer(name: str, out: int, *rest: int, bias: bool = True) -> Named:
    """Yield a convolution, linear layer or (nothing but `out`) a normalisation."""
    yield f"{name}.weight", [out, *rest]
    if bias:
        yield f"{name}.bias", [out]


def residual(name: str, width: int, out: int, embedding: int) -> Named:
    """Yield a residual block of the U-Net."""
    yield from layer(f"{name}.in_layers.0", width)
    yield from layer(f"{name}.in_layers.2", out, width, 3, 3)
    yield from layer(f"{name}.emb_layers.1", out, embedding)
    yield from layer(f"{name}.out_layers.0", out)
    yield from layer(f"{name}.out_layers.3", out, out, 3, 3)
    if width != out:
        yield from layer(f"{name}.skip_connection", out, width, 1, 1)


def transformer(name: str, width: int, depth: int, sizes: Sizes) -> Named:
    """Yield a spatial transformer."""
    ones = [] if sizes.linear else [1, 1]
    yield from layer(f"{name}.norm", width)
    yield from layer(f"{name}.proj_in", width, width, *ones)
    for index in range(depth):
        block = f"{name}.transformer_blocks.{index}"
        for attention, heard in (("attn1", width), ("attn2", sizes.context)):
            yield from layer(f"{block}.{attention}.to_q", width, width, bias=False)
            yield from layer(f"{block}.{attention}.to_k", width, heard, bias=False)
            yield from layer(f"{block}.{attention}.to_v", width, heard, bias=False)
            yield from layer(f"{block}.{attention}.to_out.0", width, width)
        yield from layer(f"{block}.ff.net.0.proj", 8 * width, width)
        yield from layer(f"{block}.ff.net.2", width, 4 * width)
        for norm in ("norm1", "norm2", "norm3"):
            yield from layer(f"{block}.{norm}", width)
    yield from layer(f"{name}.proj_out", width, width, *ones)


def unet(sizes: Sizes) -> Named:
    """Yield the U-Net: down, middle, up."""
    embedding = 4 * sizes.channels
    yield from layer("time_embed.0", embedding, sizes.channels)
    yield from layer("time_embed.2", embedding, embedding)
    if sizes.labels:
        yield from layer("label_emb.0.0", embedding, sizes.labels)
        yield from layer("label_emb.0.2", embedding, embedding)
    yield from layer("input_blocks.0.0", sizes.channels, sizes.inputs, 3, 3)

    kept = [sizes.channels]
    yield from down(sizes, kept)
    width = kept[-1]
    yield from residual("middle_block.0", width, width, embedding)
    yield from transformer("middle_block.1", width, sizes.middle, sizes)
    yield from residual("middle_block.2", width, width, embedding)

    yield from up(sizes, kept)
    yield from layer("out.0", sizes.channels)
    yield from layer("out.2", 4, sizes.channels, 3, 3)


def down(sizes: Sizes, kept: list[int]) -> Named:
    """Yield the way down, and keep the width of each stage."""
    width, stage, levels = sizes.channels, 1, len(sizes.multipliers)
    for level, (times, depth) in enumerate(zip(sizes.multipliers, sizes.depths, strict=True)):
        out = times * sizes.channels
        for _ in range(2):
            yield from residual(f"input_blocks.{stage}.0", width, out, 4 * sizes.channels)
            if depth:
                yield from transformer(f"input_blocks.{stage}.1", out, depth, sizes)
            width, stage = out, stage + 1
            kept.append(out)
        if level < levels - 1:
            yield from layer(f"input_blocks.{stage}.0.op", out, out, 3, 3)
            stage += 1
            kept.append(out)


def up(sizes: Sizes, kept: list[int]) -> Named:
    """Yield the way up, each stage joined by what the way down kept."""
    width, levels = kept[-1], len(sizes.multipliers)
    for stage in range(3 * levels):
        level = levels - 1 - stage // 3
        out, depth = sizes.multipliers[level] * sizes.channels, sizes.depths[level]
        yield from residual(f"output_blocks.{stage}.0", width + kept.pop(), out, 4 * sizes.channels)
        width = out
        if depth:
            yield from transformer(f"output_blocks.{stage}.1", out, depth, sizes)
        if stage % 3 == 2 and level > 0:
            place = 2 if depth else 1
            yield from layer(f"output_blocks.{stage}.{place}.conv", out, out, 3, 3)


def vae_block(name: str, width: int, out: int) -> Named:
    """Yield a residual block of the autoencoder."""
    yield from layer(f"{name}.norm1", width)
    yield from layer(f"{name}.conv1", out, width, 3, 3)
    yield from layer(f"{name}.norm2", out)
    yield from layer(f"{name}.conv2", out, out, 3, 3)
    if width != out:
        yield from layer(f"{name}.nin_shortcut", out, width, 1, 1)


def vae_middle(name: str) -> Named:
    """Yield the middle of the encoder or the decoder."""
    yield from vae_block(f"{name}.block_1", 512, 512)
    yield from layer(f"{name}.attn_1.norm", 512)
    for projection in ("q", "k", "v", "proj_out"):
        yield from layer(f"{name}.attn_1.{projection}", 512, 512, 1, 1)
    yield from vae_block(f"{name}.block_2", 512, 512)


def vae() -> Named:
    """Yield the autoencoder: two blocks a level down, three up."""
    widths = [128, 256, 512, 512]
    yield from layer("encoder.conv_in", 128, 3, 3, 3)
    width = 128
    for level, out in enumerate(widths):
        for block in range(2):
            yield from vae_block(f"encoder.down.{level}.block.{block}", width, out)
            width = out
        if level < 3:
            yield from layer(f"encoder.down.{level}.downsample.conv", out, out, 3, 3)
    yield from vae_middle("encoder.mid")
    yield from layer("encoder.norm_out", 512)
    yield from layer("encoder.conv_out", 8, 512, 3, 3)

    yield from layer("decoder.conv_in", 512, 4, 3, 3)
    yield from vae_middle("decoder.mid")
    width = 512
    for level in (3, 2, 1, 0):
        out = widths[level]
        for block in range(3):
            yield from vae_block(f"decoder.up.{level}.block.{block}", width, out)
            width = out
        if level > 0:
            yield from layer(f"decoder.up.{level}.upsample.conv", out, out, 3, 3)
    yield from layer("decoder.norm_out", 128)
    yield from layer("decoder.conv_out", 3, 128, 3, 3)
    yield from layer("quant_conv", 8, 8, 1, 1)
    yield from layer("post_quant_conv", 4, 4, 1, 1)


def clip() -> Named:
    """Yield CLIP ViT-L/14's text encoder, its buffer of positions among it."""
    yield "embeddings.position_ids", [1, 77]
    yield from layer("embeddings.token_embedding", 49408, 768, bias=False)
    yield from layer("embeddings.position_embedding", 77, 768, bias=False)
    for depth in range(12):
        name = f"encoder.layers.{depth}"
        for projection in ("k_proj", "v_proj", "q_proj", "out_proj"):
            yield from layer(f"{name}.self_attn.{projection}", 768, 768)
        yield from layer(f"{name}.layer_norm1", 768)
        yield from layer(f"{name}.mlp.fc1", 3072, 768)
        yield from layer(f"{name}.mlp.fc2", 768, 3072)
        yield from layer(f"{name}.layer_norm2", 768)
    yield from layer("final_layer_norm", 768)


def open_clip(width: int, layers: int) -> Named:
    """Yield an OpenCLIP text encoder."""
    yield "positional_embedding", [77, width]
    yield "text_projection", [width, width]
    yield "logit_scale", []
    for depth in range(layers):
        name = f"transformer.resblocks.{depth}"
        yield from layer(f"{name}.ln_1", width)
        yield f"{name}.attn.in_proj_weight", [3 * width, width]
        yield f"{name}.attn.in_proj_bias", [3 * width]
        yield from layer(f"{name}.attn.out_proj", width, width)
        yield from layer(f"{name}.ln_2", width)
        yield from layer(f"{name}.mlp.c_fc", 4 * width, width)
        yield from layer(f"{name}.mlp.c_proj", width, 4 * width)
    yield from layer("token_embedding", 49408, width, bias=False)
    yield from layer("ln_final", width)


def schedule() -> Named:
    """Yield the tables of the forward process, a thousand numbers each."""
    product = "alphas_cumprod"
    names = ["betas", product, f"{product}_prev", f"sqrt_{product}", f"sqrt_one_minus_{product}"]
    names += [f"log_one_minus_{product}", f"sqrt_recip_{product}", f"sqrt_recipm1_{product}"]
    names += ["posterior_variance", "posterior_log_variance_clipped"]
    names += ["posterior_mean_coef1", "posterior_mean_coef2"]
    yield from ((name, [1000]) for name in names)


SD1 = Sizes()
SD2 = Sizes(context=1024, linear=True)
SDXL = Sizes(4, 320, (1, 2, 4), (0, 2, 10), 10, 2048, linear=True, labels=2816)
REFINER = Sizes(4, 384, (1, 2, 4, 4), (0, 4, 4, 0), 4, 1280, linear=True, labels=2560)

TEXT_1 = {"cond_stage_model.transformer.text_model.": clip}
TEXT_2 = {"cond_stage_model.model.": lambda: open_clip(1024, 24)}
TEXT_XL = {
    "conditioner.embedders.0.transformer.text_model.": clip,
    "conditioner.embedders.1.model.": lambda: open_clip(1280, 32),
}
TEXT_REFINER = {"conditioner.embedders.0.model.": lambda: open_clip(1280, 32)}


def single(sizes: Sizes, texts: Mapping[str, Any]) -> dict[str, list[int]]:
    """Return the tensors of a single file."""
    parts = {"model.diffusion_model.": unet(sizes), "first_stage_model.": vae()}
    parts |= {prefix: text() for prefix, text in texts.items()}
    return {prefix + name: shape for prefix, part in parts.items() for name, shape in part}


UNET_1: Mapping[str, Any] = {"cross_attention_dim": 768}
UNET_2: Mapping[str, Any] = {
    "cross_attention_dim": 1024,
    "attention_head_dim": [5, 10, 20, 20],
    "use_linear_projection": True,
}
UNET_XL: Mapping[str, Any] = {
    "block_out_channels": [320, 640, 1280],
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
    "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
    "transformer_layers_per_block": [1, 2, 10],
    "attention_head_dim": [5, 10, 20],
    "cross_attention_dim": 2048,
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 2816,
}
UNET_REFINER: Mapping[str, Any] = {
    **UNET_XL,
    "block_out_channels": [384, 768, 1536, 1536],
    "down_block_types": [
        "DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D",
    ],
    "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
    "transformer_layers_per_block": 4,
    "attention_head_dim": [6, 12, 24, 24],
    "cross_attention_dim": 1280,
    "projection_class_embeddings_input_dim": 2560,
}  # fmt: skip
VAE: Mapping[str, Any] = {
    "block_out_channels": [128, 256, 512, 512],
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
    "layers_per_block": 2,
    "latent_channels": 4,
}


def text_config(width: int, layers: int) -> CLIPTextConfig:
    """Return the configuration of a text encoder with 64 features a head."""
    return CLIPTextConfig(
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=layers,
        num_attention_heads=width // 64,
        projection_dim=width,
    )


def shapes(network: nn.Module, folder: str) -> dict[str, list[int]]:
    """Return the tensors of a network by their names in a folder."""
    found: dict[str, list[int]] = {}
    for name, tensor in network.state_dict().items():
        if folder.startswith("text") and not name.startswith("text_"):
            name = f"text_model.{name}"  # noqa: PLW2901 - transformers 5 leaves it out, files do not
        found[f"{folder}/{name}"] = list(tensor.shape)
    return found


def folder(unet: Mapping[str, Any], texts: Mapping[str, tuple[int, int]]) -> dict[str, list[int]]:
    """Return the tensors of a folder."""
    make_unet: Any = UNet2DConditionModel
    make_vae: Any = AutoencoderKL
    found = shapes(hollow(lambda: make_unet(**unet)), "unet")
    found |= shapes(hollow(lambda: make_vae(**VAE)), "vae")
    for name, (width, layers) in texts.items():
        kind: Any = CLIPTextModelWithProjection if name == "text_encoder_2" else CLIPTextModel
        found |= shapes(hollow(lambda: kind(text_config(width, layers))), name)  # noqa: B023
    return found


def lists() -> dict[str, dict[str, dict[str, list[int]]]]:
    """Return both lists of each checkpoint."""
    one, two = {"text_encoder": (768, 12)}, {"text_encoder": (1024, 23)}
    large = {"text_encoder": (768, 12), "text_encoder_2": (1280, 32)}
    refiner = {"text_encoder_2": (1280, 32)}
    return {
        "sd15": {"single": dict(schedule()) | single(SD1, TEXT_1), "folder": folder(UNET_1, one)},
        "sd15-inpainting": {
            "single": dict(schedule()) | single(replace(SD1, inputs=9), TEXT_1),
            "folder": folder({**UNET_1, "in_channels": 9}, one),
        },
        "sd21": {"single": dict(schedule()) | single(SD2, TEXT_2), "folder": folder(UNET_2, two)},
        "sdxl": {"single": single(SDXL, TEXT_XL), "folder": folder(UNET_XL, large)},
        "sdxl-refiner": {
            "single": single(REFINER, TEXT_REFINER),
            "folder": folder(UNET_REFINER, refiner),
        },
    }


def read() -> dict[str, dict[str, dict[str, tuple[int, ...]]]]:
    """Return the lists as they were written."""
    found = json.loads(gzip.decompress(FILE.read_bytes()))
    return {
        model: {
            layout: {name: tuple(shape) for name, shape in names.items()}
            for layout, names in layouts.items()
        }
        for model, layouts in found.items()
    }


if __name__ == "__main__":
    text = json.dumps(lists(), separators=(",", ":")).encode()
    FILE.write_bytes(gzip.compress(text, 9, mtime=0))
