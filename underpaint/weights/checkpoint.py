"""Any checkpoint that a person owns: one file of either format, or a folder of diffusers.

Whichever it is, its tensors have the names that they have in a single file of Stable Diffusion,
stay on the disk until each is used, and come from nothing that was run.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from underpaint.weights import _single, folder
from underpaint.weights._header import Header, Place
from underpaint.weights._safetensors import Weights, save, serialised

__all__ = ["Header", "Place", "Weights", "header", "read", "save", "serialised", "shapes"]


def read(path: str | os.PathLike[str]) -> Weights:
    """Return the weights in a file or folder, its tensors for the CPU and not yet touched.

    Args:
        path: a `.safetensors` file; one of torch.save, which is converted the first time (see
            `pickled`); or a diffusers folder (see `folder`).

    Raises:
        WeightsError: it cannot be read, or is not acceptable; says why.
        StorageError: it is a pickle, and its conversion cannot be written anywhere.
    """
    path = Path(path)
    return folder.read(path) if folder.is_one(path) else _single.read(path)


def header(path: str | os.PathLike[str]) -> Header:
    """Return what a file says of its tensors, without reading or converting any.

    Args:
        path: a file, of either format.

    Raises:
        WeightsError: it cannot be read, or is not acceptable; says why.
    """
    return _single.header(Path(path))


def shapes(path: str | os.PathLike[str]) -> Mapping[str, tuple[int, ...]]:
    """Return the shapes of the tensors that `read` would give, in a moment.

    Args:
        path: as for `read`.

    Raises:
        WeightsError: it cannot be read, or is not acceptable; says why.
    """
    path = Path(path)
    if folder.is_one(path):
        return folder.read(path).shapes
    return {name: place.shape for name, place in _single.header(path).places.items()}
