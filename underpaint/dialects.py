"""What programs that do not write A1111's text write into pictures instead: JSON of their own.

InvokeAI   {"positive_prompt": "a cat", "scheduler": "dpmpp_2m_k", "cfg_scale": 7.5, ...}
NovelAI    {"prompt": "a cat", "uc": "dog", "sampler": "k_euler", "scale": 5, ...}
Fooocus    {"prompt": "a cat", "resolution": "(1152, 896)", "metadata_scheme": "fooocus", ...}
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast

_Json = Mapping[str, Any]

_ALIKE = {
    "steps": "Steps",
    "seed": "Seed",
    "cfg_scale": "CFG scale",
    "guidance_scale": "CFG scale",
    "scale": "CFG scale",
    "cfg_rescale": "CFG rescale",
    "cfg_rescale_multiplier": "CFG rescale",
    "sampler": "Sampler",
    "noise_schedule": "Schedule type",
    "base_model": "Model",
    "strength": "Denoising strength",
}
"""Keys that mean the same in all three, and A1111's."""

_SIDES = re.compile(r"\D*(\d{1,9})\D+(\d{1,9})\D*")


class Said(NamedTuple):
    """What a text says of its picture.

    Attributes:
        prompt: what it shows.
        negative: what it must not show.
        pairs: the rest, under A1111's keys.
    """

    prompt: str
    negative: str
    pairs: dict[str, str]


def understood(text: str) -> Said | None:
    """Return what a text in JSON says; None for any other, and for JSON that is none of theirs."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    for sign, program in _PROGRAMS.items():
        if sign in found:
            return program(cast(_Json, found))
    return None


def _invokeai(found: _Json) -> Said:
    """Its scheduler is our sampler, with _k behind it for the schedule of Karras."""
    scheduler, model = str(found.get("scheduler", "")), found.get("model")
    device = str(found.get("rand_device", "cpu"))
    special = {
        "Sampler": re.sub(r"_k$", " Karras", scheduler),
        "Size": _size(found),
        "Model": cast(_Json, model).get("name", "") if isinstance(model, dict) else "",
        "Clip skip": str(_whole(found.get("clip_skip")) + 1),
        "RNG": "CPU" if device == "cpu" else "NV",
        "Version": f"InvokeAI {found.get('app_version', '')}",
    }
    return _said(found, "positive_prompt", "negative_prompt", special)


def _novelai(found: _Json) -> Said:
    """Its native schedule is the model's own."""
    native = found.get("noise_schedule") == "native"
    special = {"Size": _size(found), "Version": "NovelAI"}
    special |= {"Schedule type": "Uniform"} if native else {}
    return _said(found, "prompt", "uc", special)


def _fooocus(found: _Json) -> Said:
    sides = _SIDES.fullmatch(str(found.get("resolution", "")))
    special = {
        "Schedule type": str(found.get("scheduler", "")),
        "Size": f"{sides[1]}x{sides[2]}" if sides else "",
        "Model hash": str(found.get("base_model_hash", "")),
        "Version": str(found.get("version", "Fooocus")),
    }
    return _said(found, "prompt", "negative_prompt", special)


_PROGRAMS: Mapping[str, Callable[[_Json], Said]] = {
    "positive_prompt": _invokeai,
    "uc": _novelai,
    "metadata_scheme": _fooocus,
}
"""By a key that only its texts have."""


def _said(found: _Json, prompt: str, negative: str, special: Mapping[str, str]) -> Said:
    alike = {
        theirs: str(found[ours])
        for ours, theirs in _ALIKE.items()
        if isinstance(found.get(ours), str | int | float)
    }
    pairs = {key: value for key, value in (alike | dict(special)).items() if value}
    return Said(str(found.get(prompt) or ""), str(found.get(negative) or ""), pairs)


def _size(found: _Json) -> str:
    width, height = _whole(found.get("width")), _whole(found.get("height"))
    return f"{width}x{height}" if width and height else ""


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
