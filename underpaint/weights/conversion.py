"""A checkpoint written anew: as one safetensors file, or as a folder that diffusers loads."""

from dataclasses import replace
from pathlib import Path

import torch

from underpaint.errors import RequestError, StorageError, WeightsError
from underpaint.weights import _safetensors, folder
from underpaint.weights._lazy import Promise, Tensors, promises
from underpaint.weights._safetensors import Weights
from underpaint.weights.packed import unpack

__all__ = ["DTYPES", "LAYOUTS", "cast", "place", "write"]

LAYOUTS = ("safetensors", "diffusers")
_FIRST = (
    "model.diffusion_model.input_blocks.0.0.bias",
    "first_stage_model.encoder.conv_in.bias",
)
_GROUPED = 128

DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


def place(path: Path, layout: str) -> Path:
    """Return where a conversion goes if nobody says: beside the original.

    Args:
        path: the original, a file or folder.
        layout: of `LAYOUTS`.

    Raises:
        RequestError: no such layout.
    """
    if layout not in LAYOUTS:
        raise RequestError(f"to is {layout!r}; it must be one of {', '.join(LAYOUTS)}")
    stem = path.name if path.is_dir() else path.stem
    return path.with_name(f"{stem}-diffusers" if layout == "diffusers" else f"{stem}.safetensors")


def cast(weights: Weights, dtype: str) -> Weights:
    """Return weights with their fractional numbers in another dtype; packed ones are unpacked.

    Args:
        weights: any.
        dtype: of `DTYPES`.

    Raises:
        RequestError: no such dtype.
    """
    if dtype not in DTYPES:
        raise RequestError(f"dtype is {dtype!r}; it must be one of {', '.join(DTYPES)}")
    plain = promises(unpack(weights.tensors, weights.name))
    wanted = {name: _cast(promise, DTYPES[dtype]) for name, promise in plain.items()}
    return replace(weights, tensors=Tensors(wanted))


def write(weights: Weights, path: Path, layout: str) -> None:
    """Write weights, one tensor at a time.

    Args:
        weights: of a Stable Diffusion, under the names of a single file.
        path: where; nothing may be there.
        layout: of `LAYOUTS`.

    Raises:
        StorageError: it cannot be written, or something is there already.
        WeightsError: diffusers has no place for one of the tensors, or would compute something
            else with them.
    """
    if path.exists():
        raise StorageError(f"cannot write {str(path)!r}: it is there already")
    if layout == "diffusers":
        _check(weights)
        plain = unpack(weights.tensors, weights.name)
        folder.save(path, replace(weights, tensors=plain))
    else:
        _safetensors.save(path, weights.tensors, dict(weights.metadata) | {"format": "pt"})


def _check(weights: Weights) -> None:
    """Refuse small models: diffusers has one number of groups for all levels, we have 32 or less.

    A level under 128 channels is normalised here in groups of four.
    """
    for name in _FIRST:
        width = weights.shapes.get(name, (_GROUPED,))[0]
        if width < _GROUPED:
            raise WeightsError(
                f"{weights.name!r} has levels {width} wide; diffusers normalises those under "
                f"{_GROUPED} in another way, and would paint another picture"
            )


def _cast(promise: Promise, dtype: torch.dtype) -> Promise:
    if not promise.dtype.is_floating_point:
        return promise
    return Promise(dtype, promise.shape, lambda: promise.make().to(dtype))
