"""The two ways in which the tensors of Stable Diffusion are named, and the tables between them.

A single file has the names of the programs that the models were trained with (CompVis, Stability,
OpenCLIP); a diffusers folder has those of its own networks, one subfolder for each. A table maps
the beginnings of names, whole words of them, and is applied both ways. Some tensors also differ in
form: OpenCLIP keeps three projections in one matrix, and one matrix turned; the autoencoder's
attention consists of 1x1 convolutions there and of matrices here.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import count, product
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor

from underpaint.errors import WeightsError
from underpaint.weights._lazy import Promise

__all__ = ["PARTS", "Part", "folder_names", "named_as_folder", "named_as_single"]

Promised: TypeAlias = Mapping[str, Promise]
Table: TypeAlias = Mapping[str, str]
"""From beginnings of names in a folder to those in a single file."""


class Part(NamedTuple):
    """One network of a model.

    Attributes:
        folder: its subfolder.
        prefix: of its tensors in a single file.
        kind: unet, autoencoder, clip, open_clip or controlnet.
    """

    folder: str
    prefix: str
    kind: str


UNET = Part("unet", "model.diffusion_model.", "unet")
AUTOENCODER = Part("vae", "first_stage_model.", "autoencoder")
TEXT_1 = Part("text_encoder", "cond_stage_model.transformer.", "clip")
TEXT_2 = Part("text_encoder", "cond_stage_model.model.", "open_clip")
TEXT_XL = Part("text_encoder", "conditioner.embedders.0.transformer.", "clip")
TEXT_XL_2 = Part("text_encoder_2", "conditioner.embedders.1.model.", "open_clip")
TEXT_REFINER = Part("text_encoder_2", "conditioner.embedders.0.model.", "open_clip")

PARTS = (UNET, AUTOENCODER, TEXT_1, TEXT_2, TEXT_XL, TEXT_XL_2, TEXT_REFINER)
"""Every network that a single file may hold."""

CONTROLNET = Part("controlnet", "control_model.", "controlnet")
"""A network in a file or folder of its own."""

_RESIDUAL: Table = MappingProxyType(
    {
        "norm1": "in_layers.0",
        "conv1": "in_layers.2",
        "time_emb_proj": "emb_layers.1",
        "norm2": "out_layers.0",
        "conv2": "out_layers.3",
        "conv_shortcut": "skip_connection",
    }
)
_ATTENTION: Table = MappingProxyType(
    {
        "group_norm": "norm",
        "to_q": "q",
        "to_k": "k",
        "to_v": "v",
        "to_out.0": "proj_out",
    }
)
_OLD_ATTENTION: Table = MappingProxyType(
    {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}
)
_LAYER: Table = MappingProxyType(
    {
        "layer_norm1": "ln_1",
        "layer_norm2": "ln_2",
        "mlp.fc1": "mlp.c_fc",
        "mlp.fc2": "mlp.c_proj",
        "self_attn.out_proj": "attn.out_proj",
        "self_attn.q_proj": "attn.in_proj.0",
        "self_attn.k_proj": "attn.in_proj.1",
        "self_attn.v_proj": "attn.in_proj.2",
    }
)

_CLIP = "text_model."
_PROJECTION = "text_projection"
_CONVOLUTION = re.compile(r"(en|de)coder\.mid\.attn_1\.(q|k|v|proj_out)\.weight")
_FUSED = re.compile(r"(.*\.attn\.in_proj)_(weight|bias)")
_THIRD = re.compile(r"(.*\.attn\.in_proj)\.([012])\.(weight|bias)")
_BLOCK = re.compile(r"transformer\.resblocks\.(\d+)\..*")

# What single files hold and folders have no place for: places of tokens, a discriminator, CLIP's
# temperature.
_UNKEPT = re.compile(r"(.*\.)?position_ids|loss\..*|model_ema\..*|logit_scale|attn_mask")


def named_as_single(part: Part, promised: Promised, where: str) -> dict[str, Promise]:
    """Return a network's tensors as a single file has them, without the part's prefix.

    Args:
        part: which network.
        promised: as a folder has them. A name that is in no table stays as it is, so that whoever
            binds the tensors will name it.
        where: the folder, for the error.

    Raises:
        WeightsError: a third of a matrix is missing.
    """
    if part.kind in {"clip", "open_clip"}:
        promised = {_with_prefix(name): promise for name, promise in promised.items()}
    if part.kind == "autoencoder":
        promised = {_without_age(name): promise for name, promise in promised.items()}
    table = _table(part.kind, promised)
    renamed = {_renamed(name, table): promise for name, promise in promised.items()}
    formed = {name: _as_single(name, part, promise) for name, promise in renamed.items()}
    return _fused(formed, where) if part.kind == "open_clip" else formed


def named_as_folder(part: Part, promised: Promised, where: str) -> dict[str, Promise]:
    """Return a network's tensors as a folder has them.

    Args:
        part: which network.
        promised: as a single file has them, without the part's prefix. Left out are those that
            diffusers has no place for, such as the layer of Stable Diffusion 2's text encoder that
            nothing listens to.
        where: the file, for the error.

    Raises:
        WeightsError: there is a tensor that is in no table.
    """
    kept = {name: promise for name, promise in promised.items() if not _UNKEPT.fullmatch(name)}
    if part.kind == "clip":
        kept = {_with_prefix(name): promise for name, promise in kept.items()}
        return {name: promise for name, promise in kept.items() if not name.startswith(_PROJECTION)}
    if part == TEXT_2 and _PROJECTION in kept:
        kept = _without_last(kept)
    table = {single: own for own, single in _table(part.kind, kept).items()}
    split = dict(_split(kept))
    unknown = [name for name in split if _renamed(name, table) == name and name not in _SAME]
    if unknown:
        raise WeightsError(
            f"{where} has {ascii(unknown[0])[:100]}, for which diffusers has no name"
        )
    return {_renamed(name, table): _as_folder(name, part, split[name]) for name in split}


def folder_names(kind: str, names: Collection[str]) -> dict[str, str]:
    """Return what a folder calls each tensor of a network.

    Args:
        kind: of the network; see `Part`.
        names: as a single file has them, without the part's prefix.

    Returns:
        Names in a folder by those in a single file; of a matrix that holds three projections
        there are three, NAME.attn.in_proj.0.weight and so on.
    """
    table = {single: own for own, single in _table(kind, names).items()}
    fused = {name: match for name in names if (match := _FUSED.fullmatch(name))}
    thirds = [f"{match[1]}.{third}.{match[2]}" for match in fused.values() for third in range(3)]
    return {name: _renamed(name, table) for name in (*names, *thirds) if name not in fused}


_SAME = (
    frozenset(
        f"{name}.{leaf}"
        for name in ("quant_conv", "post_quant_conv")
        for leaf in ("weight", "bias")
    )
    | frozenset(
        f"{side}.{name}.{leaf}"
        for side, name, leaf in product(
            ("encoder", "decoder"), ("conv_in", "conv_out"), ("weight", "bias")
        )
    )
    | {"time_embedding.cond_proj.weight"}  # of latent consistency models
)


def _renamed(name: str, table: Table) -> str:
    """Return a name with its longest beginning that is in the table replaced."""
    words = name.split(".")
    for end in range(len(words), 0, -1):
        found = table.get(".".join(words[:end]))
        if found is not None:
            return ".".join([found, *words[end:]])
    return name


def _table(kind: str, names: Collection[str]) -> Table:
    tables = {
        "unet": _unet,
        "autoencoder": _autoencoder,
        "open_clip": _open_clip,
        "controlnet": _controlnet,
    }
    return dict(tables[kind](names)) if kind in tables else {}


def _unet(names: Collection[str]) -> Iterator[tuple[str, str]]:
    yield from (("conv_in", "input_blocks.0.0"), ("conv_norm_out", "out.0"), ("conv_out", "out.2"))
    for one, index in (("1", "0"), ("2", "2")):
        yield f"time_embedding.linear_{one}", f"time_embed.{index}"
        yield f"add_embedding.linear_{one}", f"label_emb.0.{index}"

    levels, blocks = _sizes(names)
    for level in range(levels):
        down, up = f"down_blocks.{level}", f"up_blocks.{level}"
        for block in range(blocks):
            yield from _stage(down, f"input_blocks.{level * (blocks + 1) + block + 1}", block)
        yield f"{down}.downsamplers.0.conv", f"input_blocks.{(level + 1) * (blocks + 1)}.0.op"

        for block in range(blocks + 1):
            yield from _stage(up, f"output_blocks.{level * (blocks + 1) + block}", block)
        last = f"output_blocks.{level * (blocks + 1) + blocks}"
        attends = f"{up}.attentions.0.norm.weight" in names or f"{last}.1.norm.weight" in names
        yield f"{up}.upsamplers.0.conv", f"{last}.{2 if attends else 1}.conv"

    yield "mid_block.attentions.0", "middle_block.1"
    for block in (0, 1):
        for own, single in _RESIDUAL.items():
            yield f"mid_block.resnets.{block}.{own}", f"middle_block.{2 * block}.{single}"


def _stage(own: str, single: str, block: int) -> Iterator[tuple[str, str]]:
    for inner, single_inner in _RESIDUAL.items():
        yield f"{own}.resnets.{block}.{inner}", f"{single}.0.{single_inner}"
    yield f"{own}.attentions.{block}", f"{single}.1"


def _controlnet(names: Collection[str]) -> Iterator[tuple[str, str]]:
    yield from _unet(names)
    reading = "controlnet_cond_embedding"
    blocks = max(
        _counted(names, reading + ".blocks.{}.weight"),
        len([name for name in names if re.fullmatch(r"input_hint_block\.\d+\.weight", name)]) - 2,
    )
    layers = ("conv_in", *(f"blocks.{block}" for block in range(blocks)), "conv_out")
    for place, layer in enumerate(layers):
        yield f"{reading}.{layer}", f"input_hint_block.{2 * place}"
    levels, each = _sizes(names)
    for place in range(levels * (each + 1)):
        yield f"controlnet_down_blocks.{place}", f"zero_convs.{place}.0"
    yield "controlnet_mid_block", "middle_block_out.0"


def _sizes(names: Collection[str]) -> tuple[int, int]:
    """Return how many levels a U-Net has, and how many blocks each, from names of either kind."""
    if "input_blocks.0.0.weight" not in names:
        levels = _counted(names, "down_blocks.{}.resnets.0.norm1.weight")
        return levels, _counted(names, "down_blocks.0.resnets.{}.norm1.weight")
    stages = _counted(names, "input_blocks.{}.0.", start=1)
    steps = [n for n in range(1, stages + 1) if f"input_blocks.{n}.0.op.weight" in names]
    return len(steps) + 1, (steps[0] - 1 if steps else stages)


def _autoencoder(names: Collection[str]) -> Iterator[tuple[str, str]]:
    levels = max(
        _counted(names, "encoder.down_blocks.{}.resnets.0.norm1.weight"),
        _counted(names, "encoder.down.{}.block.0.norm1.weight"),
        _counted(names, "decoder.up_blocks.{}.resnets.0.norm1.weight"),
        _counted(names, "decoder.up.{}.block.0.norm1.weight"),
    )
    for side in ("encoder", "decoder"):
        yield f"{side}.conv_norm_out", f"{side}.norm_out"
        for own, single in _ATTENTION.items():
            yield f"{side}.mid_block.attentions.0.{own}", f"{side}.mid.attn_1.{single}"
        for block in (0, 1):
            yield f"{side}.mid_block.resnets.{block}", f"{side}.mid.block_{block + 1}"
            shortcut = f"{side}.mid_block.resnets.{block}.conv_shortcut"
            yield shortcut, f"{side}.mid.block_{block + 1}.nin_shortcut"

    for level in range(levels):
        down, up = f"encoder.down_blocks.{level}", f"decoder.up_blocks.{level}"
        single_down, single_up = f"encoder.down.{level}", f"decoder.up.{levels - 1 - level}"
        yield f"{down}.downsamplers.0.conv", f"{single_down}.downsample.conv"
        yield f"{up}.upsamplers.0.conv", f"{single_up}.upsample.conv"
        for (own, single), block in product(((down, single_down), (up, single_up)), range(8)):
            inner, single_inner = f"{own}.resnets.{block}", f"{single}.block.{block}"
            yield inner, single_inner
            yield f"{inner}.conv_shortcut", f"{single_inner}.nin_shortcut"


def _open_clip(names: Collection[str]) -> Iterator[tuple[str, str]]:
    embeddings = f"{_CLIP}embeddings"
    yield f"{embeddings}.token_embedding", "token_embedding"
    yield f"{embeddings}.position_embedding.weight", "positional_embedding"
    yield f"{_CLIP}final_layer_norm", "ln_final"
    yield f"{_PROJECTION}.weight", _PROJECTION
    layers = max(
        _counted(names, _CLIP + "encoder.layers.{}.layer_norm1.weight"),
        _counted(names, "transformer.resblocks.{}.ln_1.weight"),
    )
    for layer, (own, single) in product(range(layers), _LAYER.items()):
        yield f"{_CLIP}encoder.layers.{layer}.{own}", f"transformer.resblocks.{layer}.{single}"


def _counted(names: Collection[str], name: str, start: int = 0) -> int:
    """Return how many of name.format(start), ... there are, one after the other.

    A name that ends in a dot stands for all that begin so.
    """
    if name.endswith("."):
        found = {".".join([*each.split(".")[: name.count(".")], ""]) for each in names}
        return next(n for n in count(start) if name.format(n) not in found) - start
    return next(n for n in count(start) if name.format(n) not in names) - start


def _with_prefix(name: str) -> str:
    """Return a text encoder's name with the `text_model.` that transformers once left out."""
    if name.startswith((_CLIP, _PROJECTION, "logit_scale")):
        return name
    return _CLIP + name


def _without_age(name: str) -> str:
    """Return the name that diffusers gives today to the attention of an autoencoder."""
    words = name.split(".")
    if len(words) > 2 and words[-2] in _OLD_ATTENTION and "attentions" in words:
        words[-2] = _OLD_ATTENTION[words[-2]]
    return ".".join(words)


def _as_single(name: str, part: Part, promise: Promise) -> Promise:
    if part.kind == "autoencoder" and _CONVOLUTION.fullmatch(name) and len(promise.shape) == 2:
        return promise.turned(lambda matrix: matrix[:, :, None, None], (*promise.shape, 1, 1))
    return _turned(name, part, promise)


def _as_folder(name: str, part: Part, promise: Promise) -> Promise:
    if part.kind == "autoencoder" and _CONVOLUTION.fullmatch(name) and len(promise.shape) == 4:
        return promise.turned(lambda kernel: kernel[:, :, 0, 0], promise.shape[:2])
    return _turned(name, part, promise)


def _turned(name: str, part: Part, promise: Promise) -> Promise:
    if part.kind == "open_clip" and name == _PROJECTION and len(promise.shape) == 2:
        return promise.turned(lambda matrix: matrix.T.contiguous(), promise.shape[::-1])
    return promise


def _fused(promised: Promised, where: str) -> dict[str, Promise]:
    """Return the tensors with each three projections in one matrix."""
    whole = {name: promise for name, promise in promised.items() if not _THIRD.fullmatch(name)}
    for first in promised:
        match = _THIRD.fullmatch(first)
        if match is None or match[2] != "0":
            continue
        names = [f"{match[1]}.{third}.{match[3]}" for third in range(3)]
        if not all(name in promised for name in names):
            raise WeightsError(f"{where} lacks a projection beside {ascii(first)[:100]}")
        whole[f"{match[1]}_{match[3]}"] = _stacked([promised[name] for name in names])
    return whole


def _stacked(thirds: list[Promise]) -> Promise:
    rows = sum(third.shape[0] for third in thirds)
    shape = (rows, *thirds[0].shape[1:])
    return Promise(thirds[0].dtype, shape, lambda: torch.cat([third.make() for third in thirds]))


def _split(promised: Promised) -> Iterator[tuple[str, Promise]]:
    """Yield the tensors, three for each matrix that holds three projections."""
    for name, promise in promised.items():
        match = _FUSED.fullmatch(name)
        if match is None:
            yield name, promise
            continue
        for third in range(3):
            yield f"{match[1]}.{third}.{match[2]}", _rows(promise, third)


def _rows(promise: Promise, third: int) -> Promise:
    rows = promise.shape[0] // 3

    def cut(whole: Tensor) -> Tensor:
        return whole[third * rows : (third + 1) * rows].clone()

    return promise.turned(cut, (rows, *promise.shape[1:]))


def _without_last(promised: Promised) -> dict[str, Promise]:
    """Return an OpenCLIP text encoder without its projection and its last layer."""
    blocks = [int(match[1]) for name in promised if (match := _BLOCK.fullmatch(name))]
    last = f"transformer.resblocks.{max(blocks, default=0)}."
    return {
        name: promise
        for name, promise in promised.items()
        if name != _PROJECTION and not name.startswith(last)
    }
