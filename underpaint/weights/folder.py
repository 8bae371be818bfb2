"""Models in folders as diffusers lays them out: `model_index.json`, and a subfolder a network.

Read, such a folder gives weights with the names of a single file, so that nobody above this floor
sees the difference; what its configurations know and a single file does not (what the network
predicts, the noise levels, the latents' scale) becomes remarks that `underpaint.families` heeds.
No code from a folder is ever run, and files of torch.save in it are read as `pickled` does.
"""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from underpaint import files
from underpaint.errors import StorageError, WeightsError
from underpaint.networks.tokenizer import published
from underpaint.weights import _configs, _safetensors, _single, hashes
from underpaint.weights._header import shown
from underpaint.weights._lazy import Promise, Tensors, promises
from underpaint.weights._safetensors import Weights
from underpaint.weights.layouts import (
    AUTOENCODER,
    PARTS,
    TEXT_1,
    TEXT_2,
    TEXT_REFINER,
    TEXT_XL,
    TEXT_XL_2,
    UNET,
    Part,
    named_as_folder,
    named_as_single,
)

__all__ = ["INDEX", "chosen", "is_one", "network", "read", "save"]

INDEX = "model_index.json"

_MAX_JSON = 2**24
_PIPELINES = ("StableDiffusion", "LatentConsistencyModel")
_SAFE_STEMS = ("diffusion_pytorch_model", "model")
_PICKLED_STEMS = ("diffusion_pytorch_model", "pytorch_model")
_TOKENIZERS = {"text_encoder": "tokenizer", "text_encoder_2": "tokenizer_2"}
_VARIANTS = ("", ".fp16", ".bf16", ".fp32", ".non_ema")


def is_one(path: Path) -> bool:
    """Whether a path is such a folder."""
    return os.path.isfile(path / INDEX)  # False, too, for a name that cannot be


def read(path: Path) -> Weights:
    """Return the weights in a folder, under the names of a single file.

    Args:
        path: the folder.

    Raises:
        WeightsError: it cannot be read, or is not acceptable; says why.
        StorageError: a file of torch.save in it cannot be converted.
    """
    path = Path(path)
    kind = _json(path / INDEX).get("_class_name")
    if not isinstance(kind, str) or not kind.startswith(_PIPELINES):
        raise WeightsError(
            f"{shown(str(path))} is a folder for {shown(kind)}, which is not painted with here; "
            f"there are: {', '.join(f'{name}...' for name in _PIPELINES)}"
        )
    promised: dict[str, Promise] = {}
    for part in _parts(path):
        single = named_as_single(part, network(path / part.folder), shown(str(path)))
        promised |= {part.prefix + name: promise for name, promise in single.items()}
    remarks = _configs.remarks(
        {each.parent.name: _json(each) for each in sorted(path.glob("*/*config.json"))}
    )
    return Weights(Tensors(promised), remarks, path, lambda: hashes.sha256(path), path.name)


def save(path: Path, weights: Weights) -> None:
    """Write weights as a folder that diffusers loads, whole or not at all.

    Args:
        path: the folder, not there yet.
        weights: of a Stable Diffusion, under the names of a single file.

    Raises:
        WeightsError: diffusers has no place for one of the tensors.
        StorageError: the folder cannot be written, or is there already.
    """
    if path.exists():
        raise StorageError(f"cannot write {str(path)!r}: it is there already")
    where = shown(weights.name)
    parts = _parted(weights.promised, where)
    configs = _configs.written(
        {part: {name: each.shape for name, each in own.items()} for part, own in parts.items()},
        weights.metadata,
        where,
    )

    def writing(folder: Path) -> None:
        for name, config in configs.items():
            files.folder((folder / name).parent)
            files.write(folder / name, json.dumps(config, indent=2).encode())
        for part in parts:
            if part.folder in _TOKENIZERS:
                _write_tokenizer(files.folder(folder / _TOKENIZERS[part.folder]), part)
        for part, own in parts.items():
            name = "model" if part.folder.startswith("text") else "diffusion_pytorch_model"
            place = folder / part.folder / f"{name}{_single.SAFE}"
            _safetensors.save(place, Tensors(own), {"format": "pt"})

    files.fill_folder(path, writing)


def _parted(promised: Mapping[str, Promise], where: str) -> dict[Part, dict[str, Promise]]:
    """Return the tensors of each network, as a folder has them."""
    parts: dict[Part, dict[str, Promise]] = {}
    for part in PARTS:
        own = {
            n.removeprefix(part.prefix): promised[n] for n in promised if n.startswith(part.prefix)
        }
        if own:
            parts[part] = named_as_folder(part, own, where)
    return parts


def _write_tokenizer(folder: Path, part: Part) -> None:
    """Write CLIP's tables, and how the programs that a text encoder comes from fill its rows."""
    end = "<|endoftext|>"
    config = {
        "tokenizer_class": "CLIPTokenizer",
        "bos_token": "<|startoftext|>",
        "eos_token": end,
        "unk_token": end,
        "pad_token": end if part.kind == "clip" else "!",
        "model_max_length": 77,
        "do_lower_case": True,
    }
    for name, text in published().items():
        files.write(folder / name, text.encode())
    files.write(folder / "tokenizer_config.json", json.dumps(config, indent=2).encode())


def _parts(path: Path) -> Iterator[Part]:
    """Yield the networks that stand in a folder.

    Raises:
        WeightsError: one that every model has is missing.
    """
    for part in (UNET, AUTOENCODER):
        if not (path / part.folder).is_dir():
            raise WeightsError(f"{shown(str(path))} has no folder {part.folder!r}")
        yield part
    first, second = ((path / name).is_dir() for name in ("text_encoder", "text_encoder_2"))
    if first and second:
        yield from (TEXT_XL, TEXT_XL_2)
    elif second:
        yield TEXT_REFINER
    elif first:
        config = _json(path / "text_encoder" / "config.json")
        yield TEXT_2 if config.get("hidden_act") == "gelu" else TEXT_1
    else:
        raise WeightsError(f"{shown(str(path))} has no folder 'text_encoder'")


def network(path: Path) -> dict[str, Promise]:
    """Return a network's tensors by the names that they have in their folder.

    Args:
        path: the network's folder.

    Raises:
        WeightsError: there are none, or they are not acceptable.
        StorageError: a file of torch.save cannot be converted.
    """
    promised: dict[str, Promise] = {}
    for file in chosen(path):
        promised |= promises(_single.read(file).tensors)
    return promised


def chosen(path: Path) -> list[Path]:
    """Return the files to read a network from: one, or all the shards of one.

    Safetensors before pickles, and the plain form before its variants (fp16, bf16, fp32, and last
    the weights that were not averaged).

    Args:
        path: the network's folder.

    Raises:
        WeightsError: there are none.
    """
    for stems, suffix in ((_SAFE_STEMS, _single.SAFE), (_PICKLED_STEMS, ".bin")):
        for variant in _VARIANTS:
            for stem in stems:
                file = path / f"{stem}{variant}{suffix}"
                if file.is_file():
                    return [file]
                for index in (f"{suffix}.index{variant}.json", f"{variant}{suffix}.index.json"):
                    if (path / f"{stem}{index}").is_file():
                        return _shards(path / f"{stem}{index}")
    raise WeightsError(f"{shown(str(path))} has no file of weights")


def _shards(index: Path) -> list[Path]:
    names = _json(index).get("weight_map")
    if not isinstance(names, dict) or not names:
        raise WeightsError(f"{shown(str(index))} names no files")
    try:
        return [
            files.contained(index.parent, str(name))
            for name in sorted(set(cast("dict[str, Any]", names).values()), key=str)
        ]
    except (StorageError, TypeError) as error:
        raise WeightsError(f"{shown(str(index))} names files outside its folder") from error


def _json(path: Path) -> Mapping[str, Any]:
    """Return a JSON object in a small file.

    Raises:
        WeightsError: there is none.
    """
    with _safetensors.opened(path) as file:
        text = file.read(_MAX_JSON)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WeightsError(f"{shown(str(path))} is not JSON") from error
    if not isinstance(found, dict):
        raise WeightsError(f"{shown(str(path))} is not a JSON object")
    return cast("dict[str, Any]", found)
