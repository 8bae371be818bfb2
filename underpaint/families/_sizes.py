"""The sizes of Stable Diffusion's networks, found in the names and shapes of their weights.

All but the numbers of attention heads show there: eight in the U-Net, and 64 features a head in
the text encoder, as in Stable Diffusion 1.x, unless a file's metadata says otherwise.
"""

import math
from collections.abc import Iterator, Mapping
from itertools import count
from typing import TypeAlias

from underpaint.errors import WeightsError
from underpaint.networks.clip import ClipTextParams
from underpaint.networks.tokenizer import VOCABULARY
from underpaint.networks.unet import UNetParams
from underpaint.networks.vae import AutoencoderParams

Shapes: TypeAlias = Mapping[str, tuple[int, ...]]
"""The shape of each tensor of one network, by its name in that network."""


def unet(shapes: Shapes, heads: int | None, where: str) -> UNetParams:
    """Return the sizes of a U-Net.

    Args:
        shapes: of its tensors.
        heads: attention heads; None = eight.
        where: the file and part, for the error.

    Raises:
        WeightsError: there is no such U-Net.
    """
    channels, in_channels = _shape(shapes, "input_blocks.0.0.weight", 4, where)[:2]
    blocks, widths, attention = _way_down(shapes, where)
    heads = heads or 8
    _check(all(_even(width, where) % heads == 0 for width in widths), where, f"{heads} heads")

    transformer = "middle_block.1.transformer_blocks."
    labelled = "label_emb.0.0.weight" in shapes
    return UNetParams(
        in_channels=in_channels,
        out_channels=_shape(shapes, "out.2.weight", 4, where)[0],
        channels=channels,
        multipliers=_multipliers(widths, channels, where),
        blocks=blocks,
        attention=attention,
        context_width=_shape(shapes, f"{transformer}0.attn2.to_k.weight", 2, where)[1],
        pooled_width=_shape(shapes, "label_emb.0.0.weight", 2, where)[1] if labelled else None,
        heads=heads,
        depth=_counted(shapes, transformer + "{}.norm1.weight"),
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
    _check(vocabulary == VOCABULARY, where, f"{vocabulary} tokens instead of {VOCABULARY}")
    _check(length >= 3, where, f"a context of {length} tokens")

    heads = heads or (width // 64 if width % 64 == 0 else 1)
    _check(width > 0 and width % heads == 0, where, f"{heads} heads")
    layers = _counted(shapes, "text_model.encoder.layers.{}.layer_norm1.weight")
    return ClipTextParams(
        vocabulary=vocabulary, context_length=length, width=width, layers=layers, heads=heads
    )


def _way_down(shapes: Shapes, where: str) -> tuple[int, list[int], tuple[bool, ...]]:
    """Return the number of blocks a level, and of each level its width and whether it attends."""
    levels: list[list[tuple[int, bool]]] = [[]]
    for stage in _stages(shapes):
        if f"{stage}.0.op.weight" in shapes:
            levels.append([])
        else:
            width = _shape(shapes, f"{stage}.0.in_layers.2.weight", 4, where)[0]
            levels[-1].append((width, f"{stage}.1.proj_in.weight" in shapes))

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


def _counted(shapes: Shapes, name: str) -> int:
    """Return how many of name.format(0), name.format(1), ... there are."""
    return next(index for index in count() if name.format(index) not in shapes)


def _shape(shapes: Shapes, name: str, dimensions: int, where: str) -> tuple[int, ...]:
    if name not in shapes:
        raise WeightsError(f"{where} lacks {name}")
    _check(len(shapes[name]) == dimensions, where, f"{name} in shape {list(shapes[name])}")
    return shapes[name]


def _check(holds: bool, where: str, otherwise: str) -> None:
    if not holds:
        raise WeightsError(f"{where} has {otherwise}, which Stable Diffusion 1 does not")
