"""An autoencoder from a file of its own, in the place of the one that a model comes with."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from underpaint.errors import WeightsError
from underpaint.weights import _single, folder
from underpaint.weights._header import shown
from underpaint.weights._lazy import Promise, Tensors, promises
from underpaint.weights._safetensors import Weights
from underpaint.weights.layouts import AUTOENCODER, named_as_single

__all__ = ["replaced"]

_MARK = "decoder.conv_in.weight"


def replaced(weights: Weights, path: Path) -> Weights:
    """Return weights whose autoencoder is that of another file.

    Args:
        weights: under the names of a single file.
        path: `.vae.pt`, `.vae.safetensors` or the like; a whole checkpoint, whose autoencoder is
            taken; or an autoencoder's folder or file as diffusers has it.

    Raises:
        WeightsError: it cannot be read, or holds no autoencoder.
        StorageError: it is a pickle, and its conversion cannot be written anywhere.
    """
    found = _read(path)
    kept = {
        name: promise
        for name, promise in promises(weights.tensors).items()
        if not name.startswith(AUTOENCODER.prefix)
    }
    new = {AUTOENCODER.prefix + name: promise for name, promise in found.items()}
    return replace(weights, tensors=Tensors(kept | new), first_stage=path)


def _read(path: Path) -> Mapping[str, Promise]:
    """Return the tensors of an autoencoder by their names in its network."""
    if path.is_dir():
        found = folder.network(path)
    else:
        whole = promises(_single.read(path).tensors)
        prefix = AUTOENCODER.prefix
        inner = {name[len(prefix) :]: whole[name] for name in whole if name.startswith(prefix)}
        found = inner or {n: promise for n, promise in whole.items() if not n.startswith("loss.")}
    if _MARK not in found:
        raise WeightsError(f"{shown(str(path))} holds no autoencoder")
    return named_as_single(AUTOENCODER, found, shown(str(path)))
