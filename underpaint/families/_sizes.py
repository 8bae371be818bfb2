"""The sizes of Stable Diffusion's networks, found in the names and shapes of their weights.

All but the numbers of attention heads show there. A U-Net has eight where its transformers begin
with a convolution, as in Stable Diffusion 1, and one for 64 features where they begin with a linear
layer, as in all that came after; a text encoder has one for 64 features; unless a file's metadata
says otherwise.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import count
from typing import TypeAlias

from underpaint.errors import WeightsError
from underpaint.networks.clip import ClipTextParams
from underpaint.networks.controlnet import ControlNetParams
from underpaint.networks.open_clip import OpenClipTextParams
from underpaint.networks.tokenizer import VOCABULARY
from underpaint.networks.unet import UNetParams
from underpaint.networks.vae import AutoencoderParams

HEAD_WIDTH = 64

Shapes: TypeAlias = Mapping[str, tuple[int, ...]]
"""The shape of each tensor of one network, by its name in that network."""


def unet(shapes: Shapes, heads: int | None, where: str) -> UNetParams:
    """Return the sizes of a U-Net.

    Args:
        shapes: of its tensors.
        heads: attention heads on every level; None = as many as the layout has.
        where: the file and part, for the error.

    Raises:
        WeightsError: there is no such U-Net.
    """
    params = _encoder(shapes, heads, where)
    return replace(params, out_channels=_shape(shapes, "out.2.weight", 4, where)[0])


def controlnet(shapes: Shapes, heads: int | None, where: str) -> ControlNetParams:
    """Return the sizes of a ControlNet.

    Args:
        shapes: of its tensors.
        heads: as for `unet`.
        where: the file and part, for the error.

    Raises:
        WeightsError: there is no such ControlNet.
    """
    layers = _counted(shapes, "input_hint_block.{}.weight", step=2)
    kernels = [
        _shape(shapes, f"input_hint_block.{2 * layer}.weight", 4, where) for layer in range(layers)
    ]
    _check(layers >= 2 and layers % 2 == 0, where, f"{layers} layers that read a picture")
    return ControlNetParams(
        unet=_encoder(shapes, heads, where),
        hint_channels=kernels[0][1],
        hint_widths=tuple(kernel[0] for kernel in kernels[:-1:2]),
    )


def _encoder(shapes: Shapes, heads: int | None, where: str) -> UNetParams:
    """Return the sizes of a U-Net as far as they show on its way down."""
    channels, in_channels = _shape(shapes, "input_blocks.0.0.weight", 4, where)[:2]
    blocks, widths, attention = _way_down(shapes, where)
    transformer = "middle_block.1.transformer_blocks."
    linear = len(shapes.get("middle_block.1.proj_in.weight", ())) == 2
    wide = HEAD_WIDTH if linear and heads is None else None
    heads = heads or 8
    for width in widths:
        told = f"heads {wide} wide" if wide else f"{heads} heads"
        _check(_even(width, where) % (wide or heads) == 0, where, f"{told} on a level {width} wide")

    return UNetParams(
        in_channels=in_channels,
        channels=channels,
        multipliers=_multipliers(widths, channels, where),
        blocks=blocks,
        attention=attention,
        middle_depth=_counted(shapes, transformer + "{}.norm1.weight"),
        context_width=_shape(shapes, f"{transformer}0.attn2.to_k.weight", 2, where)[1],
        pooled_width=_optional_width(shapes, "label_emb.0.0.weight", where),
        guidance_width=_optional_width(shapes, "time_embedding.cond_proj.weight", where),
        heads=heads,
        head_width=wide,
        linear=linear,
    )


def autoencoder(shapes: Shapes, where: str) -> AutoencoderParams:
    """Return the sizes of an autoencoder.

    Args:
        shapes: of its tensors.
        where: the file and part, for the error.

    Raises:
        WeightsError: there is no such autoencoder.
    """
    channels, folded = _shape(shapes, "encoder.conv_in.weight", 4, where)[:2]
    patch = math.isqrt(folded // 3)
    _check(patch > 0 and 3 * patch**2 == folded, where, f"{folded} channels of pixels")

    levels = _counted(shapes, "encoder.down.{}.block.0.conv1.weight")
    first = [f"encoder.down.{level}.block.0.conv1.weight" for level in range(levels)]
    widths = [_even(_shape(shapes, name, 4, where)[0], where) for name in first]
    return AutoencoderParams(
        channels=_even(channels, where),
        multipliers=_multipliers(widths, channels, where),
        blocks=_counted(shapes, "encoder.down.0.block.{}.conv1.weight"),
        latent_channels=_shape(shapes, "post_quant_conv.weight", 4, where)[1],
        patch=patch,
    )


def text(shapes: Shapes, heads: int | None, where: str) -> ClipTextParams:
    """Return the sizes of a text encoder.

    Args:
        shapes: of its tensors, names beginning with "text_model.".
        heads: attention heads; None = one for 64 features (12 for 768), or one where that does
            not come out even.
        where: the file and part, for the error.

    Raises:
        WeightsError: there is no such text encoder, or not one for CLIP's vocabulary.
    """
    table = "text_model.embeddings.{}_embedding.weight"
    vocabulary, width = _shape(shapes, table.format("token"), 2, where)
    length = _shape(shapes, table.format("position"), 2, where)[0]
    _check_vocabulary(vocabulary, length, where)
    layers = _counted(shapes, "text_model.encoder.layers.{}.layer_norm1.weight")
    return ClipTextParams(
        vocabulary=vocabulary,
        context_length=length,
        width=width,
        layers=layers,
        heads=_text_heads(width, heads, where),
    )


def open_text(shapes: Shapes, where: str) -> OpenClipTextParams:
    """Return the sizes of a text encoder of OpenCLIP; it has a head for 64 features, as `text`.

    Args:
        shapes: of its tensors.
        where: the file and part, for the error.

    Raises:
        WeightsError: there is no such text encoder, or not one for CLIP's vocabulary.
    """
    vocabulary, width = _shape(shapes, "token_embedding.weight", 2, where)
    length = _shape(shapes, "positional_embedding", 2, where)[0]
    _check_vocabulary(vocabulary, length, where)
    projected = "text_projection" in shapes
    return OpenClipTextParams(
        vocabulary=vocabulary,
        context_length=length,
        width=width,
        layers=_counted(shapes, "transformer.resblocks.{}.ln_1.weight"),
        heads=_text_heads(width, None, where),
        projection=_shape(shapes, "text_projection", 2, where)[1] if projected else None,
    )


def _check_vocabulary(vocabulary: int, length: int, where: str) -> None:
    _check(vocabulary == VOCABULARY, where, f"{vocabulary} tokens instead of {VOCABULARY}")
    _check(length >= 3, where, f"a context of {length} tokens")


def _text_heads(width: int, heads: int | None, where: str) -> int:
    heads = heads or (width // HEAD_WIDTH if width % HEAD_WIDTH == 0 else 1)
    _check(width > 0 and width % heads == 0, where, f"{heads} heads")
    return heads


def _way_down(shapes: Shapes, where: str) -> tuple[int, list[int], tuple[int, ...]]:
    """Return the number of blocks a level, and of each level its width and transformers' depth."""
    levels: list[list[tuple[int, int]]] = [[]]
    for stage in _stages(shapes):
        if f"{stage}.0.op.weight" in shapes:
            levels.append([])
        else:
            width = _shape(shapes, f"{stage}.0.in_layers.2.weight", 4, where)[0]
            depth = _counted(shapes, stage + ".1.transformer_blocks.{}.norm1.weight")
            levels[-1].append((width, depth))

    blocks = len(levels[0])
    regular = all(len(level) == blocks and len(set(level)) == 1 for level in levels)
    _check(regular, where, "levels whose blocks differ")
    widths, attention = zip(*(level[0] for level in levels), strict=True)
    return blocks, list(widths), attention


def _stages(shapes: Shapes) -> Iterator[str]:
    for index in count(1):
        stage = f"input_blocks.{index}"
        if not {f"{stage}.0.op.weight", f"{stage}.0.in_layers.2.weight"} & shapes.keys():
            return
        yield stage


def _multipliers(widths: list[int], channels: int, where: str) -> tuple[int, ...]:
    whole = bool(widths) and _even(channels, where) > 0 and all(w % channels == 0 for w in widths)
    _check(whole, where, f"levels {widths} wide on {channels} channels")
    return tuple(width // channels for width in widths)


def _even(width: int, where: str) -> int:
    """Return a width that can be normalised in groups, as `networks.attention.group_norm` does."""
    groups = min(32, width // 4)
    _check(groups > 0 and width % groups == 0, where, f"a level {width} wide")
    return width


def _optional_width(shapes: Shapes, name: str, where: str) -> int | None:
    """Return how wide is what a layer hears, if there is that layer."""
    return _shape(shapes, name, 2, where)[1] if name in shapes else None


def _counted(shapes: Shapes, name: str, step: int = 1) -> int:
    """Return how many of name.format(0), name.format(step), ... there are."""
    return next(index for index in count() if name.format(step * index) not in shapes)


def _shape(shapes: Shapes, name: str, dimensions: int, where: str) -> tuple[int, ...]:
    if name not in shapes:
        raise WeightsError(f"{where} lacks {name}")
    _check(len(shapes[name]) == dimensions, where, f"{name} in shape {list(shapes[name])}")
    return shapes[name]


def _check(holds: bool, where: str, otherwise: str) -> None:
    if not holds:
        raise WeightsError(f"{where} has {otherwise}, which Stable Diffusion does not")
