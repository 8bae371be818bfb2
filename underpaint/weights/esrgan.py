"""An upscaler of ESRGAN's family from a file, whichever of its programs named the tensors.

    conv_first.weight, body.0.rdb1.conv1.weight, conv_up1.weight    Real-ESRGAN, BasicSR
    conv_first.weight, RRDB_trunk.0.RDB1.conv1.weight, upconv1...   ESRGAN, BSRGAN, RealSR
    model.0.weight, model.1.sub.0.RDB1.conv1.0.weight, model.3...   the first ESRGAN, and most that
                                                                    people have trained since
    body.0.weight, body.1.weight, ...                               Real-ESRGAN's compact networks

Trainers put them below `params_ema.` or `params.`, of which the first are the averages that are
meant to be used.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from underpaint.errors import WeightsError
from underpaint.weights import _single
from underpaint.weights._header import shown
from underpaint.weights._lazy import Tensors, promises
from underpaint.weights._safetensors import Weights

__all__ = ["named", "read"]

_MARKS = (
    ("conv_first.weight", "body.0.rdb1.conv1.weight", "conv_last.weight"),
    ("body.0.weight", "body.0.bias", "body.1.weight", "body.2.weight"),
)
_NESTS = ("params_ema.", "params.", "module.", "generator.", "netG.")

_NEWER = {
    r"RRDB_trunk\.(\d+)\.RDB([123])\.": r"body.\1.rdb\2.",
    r"trunk_conv\.": "conv_body.",
    r"upconv(\d)\.": r"conv_up\1.",
    r"HRconv\.": "conv_hr.",
}
_DENSE = re.compile(r"model\.1\.sub\.(\d+)\.RDB([123])\.(conv[1-5])\.0\.(weight|bias)")
_PLUS = re.compile(r"model\.1\.sub\.(\d+)\.RDB([123])\.conv1x1\.weight")
_PLACE = re.compile(r"model\.(?:1\.sub\.)?(\d+)\.(weight|bias)")


def read(path: Path) -> Weights:
    """Return the weights of an upscaler by the names in its network, not yet touched.

    Args:
        path: a file of either format.

    Raises:
        WeightsError: it cannot be read, or holds no such upscaler.
        StorageError: it is a pickle, and its conversion cannot be written anywhere.
    """
    found = _single.read(path)
    whole = promises(found.tensors)
    names = named(whole)
    if not any(all(mark in names for mark in marks) for marks in _MARKS):
        raise WeightsError(
            f"{shown(path.name)} holds no upscaler that is known here; those of ESRGAN, "
            "Real-ESRGAN and its compact networks are"
        )
    return replace(found, tensors=Tensors({name: whole[own] for name, own in names.items()}))


def named(names: Iterable[str]) -> dict[str, str]:
    """Return the tensors of a file's network: by the name in the network, that in the file.

    Args:
        names: of all its tensors.
    """
    inner = _inner(names)
    if "model.0.weight" in inner:
        return {name: inner[own] for name, own in _first(inner).items()}
    return {_newer(name): own for name, own in inner.items()}


def _inner(names: Iterable[str]) -> dict[str, str]:
    """Return the names below what they are nested in, and what they are in the file."""
    found = {name: name for name in names}
    for nest in _NESTS:
        below = {
            name.removeprefix(nest): own for name, own in found.items() if name.startswith(nest)
        }
        found = below or found
    return found


def _newer(name: str) -> str:
    for pattern, new in _NEWER.items():
        name, changed = re.subn(f"^{pattern}", new, name)
        if changed:
            break
    return name


def _first(names: Mapping[str, str]) -> dict[str, str]:
    """Return the first ESRGAN's names by the newer ones.

    Its layers are counted through, those without weights too: the first convolution, the blocks
    with a convolution behind them, then for each doubling the doubling, a convolution and a bend,
    then a convolution, a bend and the last convolution.
    """
    found: dict[str, str] = {}
    places = sorted({int(m[1]) for name in names if (m := re.fullmatch(r"model\.(\d+)\..*", name))})
    outer = {str(place): new for place, new in zip(places, _outer(len(places)), strict=True)}
    for name in names:
        if match := _DENSE.fullmatch(name):
            found[f"body.{match[1]}.rdb{match[2]}.{match[3]}.{match[4]}"] = name
        elif match := _PLUS.fullmatch(name):
            found[f"body.{match[1]}.rdb{match[2]}.conv1x1.weight"] = name
        elif match := _PLACE.fullmatch(name):
            inside = name.startswith("model.1.sub.")
            found[f"{'conv_body' if inside else outer[match[1]]}.{match[2]}"] = name
        else:
            found[name] = name
    return found


def _outer(count: int) -> list[str]:
    """Return the newer names of so many layers with weights, in their order."""
    ups = [f"conv_up{number + 1}" for number in range(count - 4)]
    return ["conv_first", "body", *ups, "conv_hr", "conv_last"][:count]
