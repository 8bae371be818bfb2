"""Make sd15_keys.json: each tensor of `v1-5-pruned-emaonly` and its shape.

Written down from the layout of the original programs (CompVis latent-diffusion and OpenAI CLIP as
transformers stores it), without a line of ours, and checked against what diffusers and transformers
make of it: `tests/families/test_sd1.py` converts the list with diffusers' own table and compares
it with diffusers' networks.

    python tests/golden/make_sd15_keys.py
"""

import json
from collections.abc import Iterator
from pathlib import Path

Named = Iterator[tuple[str, list[int]]]

CHANNELS, CONTEXT = 320, 768
LEVELS = [320, 640, 1280, 1280]
ATTENDS = [True, True, True, False]


def layer(name: str, out: int, *rest: int, bias: bool = True) -> Named:
    """Yield a convolution, linear layer or (nothing but `out`) a normalisation."""
    yield f"{name}.weight", [out, *rest]
    if bias:
        yield f"{name}.bias", [out]


def unet_block(name: str, width: int, out: int) -> Named:
    """Yield a residual block of the U-Net."""
    yield from layer(f"{name}.in_layers.0", width)
    yield from layer(f"{name}.in_layers.2", out, width, 3, 3)
    yield from layer(f"{name}.emb_layers.1", out, 4 * CHANNELS)
    yield from layer(f"{name}.out_layers.0", out)
    yield from layer(f"{name}.out_layers.3", out, out, 3, 3)
    if width != out:
        yield from layer(f"{name}.skip_connection", out, width, 1, 1)


def transformer(name: str, width: int) -> Named:
    """Yield a spatial transformer of one block."""
    yield from layer(f"{name}.norm", width)
    yield from layer(f"{name}.proj_in", width, width, 1, 1)
    block = f"{name}.transformer_blocks.0"
    for attention, heard in (("attn1", width), ("attn2", CONTEXT)):
        yield from layer(f"{block}.{attention}.to_q", width, width, bias=False)
        yield from layer(f"{block}.{attention}.to_k", width, heard, bias=False)
        yield from layer(f"{block}.{attention}.to_v", width, heard, bias=False)
        yield from layer(f"{block}.{attention}.to_out.0", width, width)
    yield from layer(f"{block}.ff.net.0.proj", 8 * width, width)
    yield from layer(f"{block}.ff.net.2", width, 4 * width)
    for norm in ("norm1", "norm2", "norm3"):
        yield from layer(f"{block}.{norm}", width)
    yield from layer(f"{name}.proj_out", width, width, 1, 1)


def unet() -> Named:
    """Yield the U-Net: twelve stages down, three in the middle, twelve up."""
    yield from layer("time_embed.0", 4 * CHANNELS, CHANNELS)
    yield from layer("time_embed.2", 4 * CHANNELS, 4 * CHANNELS)

    yield from layer("input_blocks.0.0", CHANNELS, 4, 3, 3)
    kept, width, stage = [CHANNELS], CHANNELS, 1
    for level, out in enumerate(LEVELS):
        for _ in range(2):
            yield from unet_block(f"input_blocks.{stage}.0", width, out)
            if ATTENDS[level]:
                yield from transformer(f"input_blocks.{stage}.1", out)
            kept, width, stage = [*kept, out], out, stage + 1
        if level < 3:
            yield from layer(f"input_blocks.{stage}.0.op", out, out, 3, 3)
            kept, stage = [*kept, out], stage + 1

    yield from unet_block("middle_block.0", width, width)
    yield from transformer("middle_block.1", width)
    yield from unet_block("middle_block.2", width, width)

    for stage in range(12):
        level = 3 - stage // 3
        out = LEVELS[level]
        yield from unet_block(f"output_blocks.{stage}.0", width + kept.pop(), out)
        width = out
        if ATTENDS[level]:
            yield from transformer(f"output_blocks.{stage}.1", out)
        if stage in {2, 5, 8}:
            place = 2 if ATTENDS[level] else 1
            yield from layer(f"output_blocks.{stage}.{place}.conv", out, out, 3, 3)

    yield from layer("out.0", CHANNELS)
    yield from layer("out.2", 4, CHANNELS, 3, 3)


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
    """Yield the text encoder, its buffer of positions among it."""
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


def schedule() -> Named:
    """Yield the tables of the forward process, a thousand numbers each."""
    product = "alphas_cumprod"
    names = ["betas", product, f"{product}_prev", f"sqrt_{product}", f"sqrt_one_minus_{product}"]
    names += [f"log_one_minus_{product}", f"sqrt_recip_{product}", f"sqrt_recipm1_{product}"]
    names += ["posterior_variance", "posterior_log_variance_clipped"]
    names += ["posterior_mean_coef1", "posterior_mean_coef2"]
    yield from ((name, [1000]) for name in names)


def main() -> None:
    """Write sd15_keys.json beside this file, one tensor a line."""
    keys = dict(schedule())
    parts = {
        "model.diffusion_model.": unet(),
        "first_stage_model.": vae(),
        "cond_stage_model.transformer.text_model.": clip(),
    }
    for prefix, part in parts.items():
        keys |= {prefix + name: shape for name, shape in part}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(shape)}" for name, shape in keys.items())
    Path(__file__).with_name("sd15_keys.json").write_text(f"{{\n{lines}\n}}\n")


if __name__ == "__main__":
    main()
