"""One file of weights, whichever of the two formats it is in."""

import re
from dataclasses import replace
from pathlib import Path

from underpaint.weights import _safetensors, pickled
from underpaint.weights._averages import chosen
from underpaint.weights._header import Header
from underpaint.weights._lazy import Tensors, promises
from underpaint.weights._safetensors import Weights

__all__ = ["SAFE", "header", "read"]

SAFE = ".safetensors"

_MAX_CONFIG = 2**16
_PARAMETERIZATION = re.compile(r"^\s*parameterization\s*:\s*[\"']?(eps|v|x0)[\"']?\s*(#.*)?$", re.M)


def read(path: Path) -> Weights:
    """Return the weights in a file: those themselves, or their averages where it has only those.

    Args:
        path: a file.

    Raises:
        WeightsError: it cannot be read, or is not acceptable; says why.
        StorageError: it is a pickle, and its conversion cannot be written anywhere.
    """
    found = _safetensors.read(path) if _is_safe(path) else pickled.read(path)
    names, averages = chosen(found.tensors)
    remarks = dict(found.metadata) | _beside(path)
    if averages:
        remarks["underpaint.averages"] = averages
    promised = promises(found.tensors)
    tensors = Tensors({name: promised[own] for name, own in names.items()})
    return replace(found, tensors=tensors, metadata=remarks)


def header(path: Path) -> Header:
    """Return what a file says of the tensors that `read` would give; none is read or converted.

    Args:
        path: a file.

    Raises:
        WeightsError: it cannot be read, or is not acceptable; says why.
    """
    found = _safetensors.header(path) if _is_safe(path) else pickled.header(path)
    names, _ = chosen(found.places)
    return Header(
        {name: found.places[own] for name, own in names.items()},
        dict(found.metadata) | _beside(path),
    )


def _is_safe(path: Path) -> bool:
    """Whether a file is to be read as safetensors: it says so, or what it holds does."""
    if path.suffix.lower() == SAFE:
        return True
    with _safetensors.opened(path) as file:
        return file.read(9)[8:] == b"{"


def _beside(path: Path) -> dict[str, str]:
    """Return what the configuration beside a file says its network predicts.

    AUTOMATIC1111 takes such a NAME.yaml for Stable Diffusion 2 models that predict v.
    """
    try:
        with path.with_suffix(".yaml").open("rb") as file:
            text = file.read(_MAX_CONFIG).decode(errors="replace")
    except (OSError, ValueError):
        return {}
    told = _PARAMETERIZATION.search(text)
    return {"underpaint.prediction": told[1]} if told else {}
