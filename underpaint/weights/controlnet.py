"""A ControlNet from a file of its own, whichever program it is named for.

control_model.input_blocks.0.0.weight    the authors' files, with or without what they led
input_blocks.0.0.weight                  what was cut out of those
conv_in.weight                           diffusers, in a file or in the network's folder
"""

from dataclasses import replace
from pathlib import Path

from underpaint.errors import WeightsError
from underpaint.weights import _single, folder
from underpaint.weights._header import shown
from underpaint.weights._lazy import Tensors, promises
from underpaint.weights._safetensors import Weights
from underpaint.weights.layouts import CONTROLNET, named_as_single

__all__ = ["read"]

_MARK = "input_hint_block.0.weight"
_THEIR_MARK = "controlnet_cond_embedding.conv_in.weight"


def read(path: Path) -> Weights:
    """Return the weights of a ControlNet by the names in its network, not yet touched.

    Args:
        path: a file of either format, or a folder with one.

    Raises:
        WeightsError: it cannot be read, or holds no ControlNet.
        StorageError: it is a pickle, and its conversion cannot be written anywhere.
    """
    where = shown(path.name)
    if path.is_dir():
        found = Weights(Tensors(folder.network(path)), {}, path, name=path.name)
    else:
        found = _single.read(path)
    whole, prefix = promises(found.tensors), CONTROLNET.prefix
    inner = {name.removeprefix(prefix): whole[name] for name in whole if name.startswith(prefix)}
    promised = inner or dict(whole)
    if _THEIR_MARK in promised:
        promised = named_as_single(CONTROLNET, promised, where)
    if _MARK not in promised:
        raise WeightsError(
            f"{where} holds no ControlNet; it must have the names of its authors' files "
            "(control_model...) or those of diffusers"
        )
    return replace(found, tensors=Tensors(promised))
