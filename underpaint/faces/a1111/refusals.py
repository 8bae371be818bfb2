"""What a call may ask for and we cannot do: refused by its name, but only where it would matter.

Clients send every field at every call. So a field that is null, at A1111's default or without
effect beside the others is accepted, and the rest are told in one sentence.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from underpaint.errors import RequestError
from underpaint.faces.a1111.controlnet import NAME
from underpaint.faces.a1111.payload import ImageToImage, Payload, arguments
from underpaint.faces.a1111.scripts import SOFT, titles

_NOTHING = (None, "", "None", "none", False, 0)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A field that we cannot follow.

    Attributes:
        field: its name in the call.
        matters: whether its value would change the picture, given the whole call.
        words: what goes on from "field is value; ".
    """

    field: str
    matters: Callable[[Any, Payload], bool]
    words: str


def _given(value: object, payload: Payload) -> bool:
    return value not in _NOTHING


def _for_hires(value: object, payload: Payload) -> bool:
    return getattr(payload, "enable_hr", False) and value not in (*_NOTHING, "Use same checkpoint")


REFUSALS = (
    Refusal("hr_checkpoint_name", _for_hires, "the second pass has the model of the first"),
    Refusal("refiner_checkpoint", _given, "refining with a second model is not here yet"),
    Refusal("restore_faces", _given, "there is no face restorer here; leave it false"),
    Refusal("firstpass_image", _given, "a first pass cannot be given; use img2img"),
    Refusal("s_min_uncond", _given, "skipping the negative prompt is not here yet; leave it 0"),
    Refusal("latent_mask", _given, "it is not understood; give the mask as mask"),
    Refusal(
        "initial_noise_multiplier",
        lambda value, _: value not in (None, 1),
        "the noise cannot be scaled; leave it 1",
    ),
)


def check(payload: Payload) -> None:
    """Refuse what would change the picture and cannot be done.

    Raises:
        RequestError: a field asks for such; names it and says what to give.
    """
    for refusal in REFUSALS:
        value = getattr(payload, refusal.field, None)
        if refusal.matters(value, payload):
            shown = str(value)[:60]
            raise RequestError(f"{refusal.field} is {shown}; {refusal.words}")


def scripts(payload: Payload, *, lenient: bool) -> tuple[str, ...]:
    """Return remarks about scripts that were passed over; empty when none would have done a thing.

    Args:
        payload: the call.
        lenient: pass over what is not here, instead of refusing it.

    Raises:
        RequestError: a script is asked for that is not here.
    """
    known = titles(on_pictures=isinstance(payload, ImageToImage))
    title = "" if payload.script_name in _NOTHING else str(payload.script_name)
    asked = [("Script", title)] if title and title.casefold() not in known else []
    always = (NAME, SOFT)
    given = payload.alwayson_scripts.items()
    others = {name: script for name, script in given if name.casefold() not in always}
    asked += [("always on script", name) for name, script in others.items() if _works(script)]
    if asked and not lenient:
        kind, name = asked[0]
        quoted = f"'{name}'" if kind == "Script" else f"{name}"
        here = ", ".join(known if kind == "Script" else always)
        raise RequestError(f"{kind} {quoted} not found; there are: {here}")
    return tuple(f"{kind} {name!r} is not here and was passed over" for kind, name in asked)


def _works(script: Mapping[str, Any]) -> bool:
    """Return whether an always-on script with these arguments would do anything."""
    units = arguments(script)
    if not units or units[0] is False:
        return False
    return any(_unit_works(unit) for unit in units)


def _unit_works(unit: object) -> bool:
    """Return whether a unit does something: one that is off, or without a picture, does not."""
    if not isinstance(unit, Mapping):
        return bool(unit)
    if unit.get("enabled", True) is False:
        return False
    pictures = [unit.get(name) for name in ("image", "input_image", "model")]
    names = any(name in unit for name in ("image", "input_image", "model", "module"))
    return any(value not in _NOTHING for value in pictures) if names else bool(unit)
