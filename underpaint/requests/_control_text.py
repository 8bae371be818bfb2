"""Controls as AUTOMATIC1111's extension for ControlNet tells them in the text of a picture.

    ControlNet 0: "Module: canny, Model: control_v11p_sd15_canny [d14c016b], Weight: 1, ..."

and, as it did until 2023, "preprocessor: canny, ..., starting/ending: (0, 1), ...". Their pictures
are not in the text.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from underpaint.errors import RequestError, UnknownEntryError
from underpaint.requests._controls import MODES, PLACINGS, Control, Placing
from underpaint.requests._labels import id_of
from underpaint.requests._preprocessors import label, preprocessor_id, settings

Thresholds: TypeAlias = tuple[float | None, float | None]

KEY = "ControlNet"
NOTHING = -1.0
"""What stands in a text for a setting that nobody changed."""

# Every part is bounded, so that a long text takes no longer than its length.
_PAIR = re.compile(r'(\w[\w /]{0,60}):\s*("(?:\\.|[^\\"]){0,6000}"|\([^)]{0,200}\)|[^,]*)(?:,|$)')
_NUMBERS = re.compile(r"-?\d+(?:\.\d+)?")
_NAMED = re.compile(r"controlnet(?: (\d+))?")
_RESIZES: Mapping[str, Placing] = {
    "scale to fit (inner fit)": "crop",
    "inner fit (scale to fit)": "crop",
    "envelope (outer fit)": "fill",
    "outer fit (shrink to fit)": "fill",
    "resize and crop": "crop",
}
"""Labels of older versions."""


def told(controls: Sequence[Control]) -> dict[str, str]:
    """Return the pairs that tell of controls, by their keys."""
    return {f"{KEY} {place}": _told(control) for place, control in enumerate(controls)}


def understood(pairs: Mapping[str, str]) -> tuple[Control, ...]:
    """Return the controls that the pairs of a text tell of, in their order, without pictures.

    A preprocessor that is not here is passed over: who gives the picture gives what it made. So is
    what leads without a ControlNet, as the extension's preprocessors "reference" do.

    Args:
        pairs: all of a text's.

    Raises:
        RequestError: a value is outside what is allowed.
    """
    found = {
        int(match[1] or 0): text
        for key, text in pairs.items()
        if (match := _NAMED.fullmatch(key.casefold()))
    }
    units = (_pairs(found[place]) for place in sorted(found))
    return tuple(_understood(unit) for unit in units if unit.get("model", "None") != "None")


def placing_id(name: str) -> Placing:
    """Return the id of a way to bring a picture to size, by its label of any version.

    Raises:
        UnknownEntryError: there is no such way.
    """
    return _RESIZES.get(name.casefold()) or id_of(name, PLACINGS, "resize modes")


def thresholds(preprocessor: str, given: Sequence[float | None]) -> Thresholds:
    """Return what is said of two settings, as AUTOMATIC1111 understands it.

    It tells them whatever a preprocessor heeds; one that is not heeded, or out of range, is None.

    Args:
        preprocessor: its id.
        given: the two; None or below 0 is as usual.
    """
    known = zip(given, settings(preprocessor), strict=False)
    heeded = [
        value if value is not None and setting.least <= value <= setting.most else None
        for value, setting in known
    ]
    a, b = (*heeded, None, None)[:2]
    return a, b


def _told(control: Control) -> str:
    a, b = (NOTHING if value is None else value for value in control.thresholds)
    said: dict[str, float | str] = {
        "Module": label(control.preprocessor),
        "Model": control.model,
        "Weight": control.weight,
        "Resize Mode": PLACINGS[control.resize],
        "Threshold A": a,
        "Threshold B": b,
        "Guidance Start": control.start,
        "Guidance End": control.end,
        "Pixel Perfect": "True",
        "Control Mode": MODES[control.mode],
    }
    return ", ".join(f"{key}: {_words(value)}" for key, value in said.items())


def _words(value: float | str) -> str:
    whole = isinstance(value, float) and value.is_integer()
    text = str(int(value)) if whole else str(value)
    plain = text == text.strip() and not set(text) & set(',:"\n') and not text.startswith("(")
    return text if plain else json.dumps(text, ensure_ascii=False)


def _pairs(text: str) -> dict[str, str]:
    return {key.casefold(): _unquoted(value) for key, value in _PAIR.findall(text)}


def _understood(pairs: Mapping[str, str]) -> Control:
    start, end = _pair(pairs.get("starting/ending", ""), 0.0, 1.0)
    _, a, b = (*_numbers(pairs.get("preprocessor params", "")), NOTHING, NOTHING, NOTHING)[:3]
    preprocessor = _preprocessor(pairs.get("module", pairs.get("preprocessor", "none")))
    said: Mapping[str, Any] = {
        "model": pairs["model"],
        "preprocessor": preprocessor,
        "weight": _number(pairs, "weight", 1.0),
        "start": _number(pairs, "guidance start", start),
        "end": _number(pairs, "guidance end", end),
        "mode": id_of(pairs.get("control mode", "balanced"), MODES, "control modes"),
        "resize": placing_id(pairs.get("resize mode", "crop")),
    }
    given = (_number(pairs, "threshold a", a), _number(pairs, "threshold b", b))
    a, b = thresholds(preprocessor, given)
    return Control(**said, threshold_a=a, threshold_b=b)


def _preprocessor(name: str) -> str:
    try:
        return preprocessor_id(name)
    except UnknownEntryError:
        return "none"


def _number(pairs: Mapping[str, str], key: str, usual: float) -> float:
    try:
        return float(pairs.get(key, usual))
    except ValueError as error:
        raise RequestError(f"{KEY}'s {key} is {pairs[key][:60]!r}; it must be a number") from error


def _numbers(text: str) -> list[float]:
    return [float(number) for number in _NUMBERS.findall(text)]


def _pair(text: str, first: float, second: float) -> tuple[float, float]:
    found = _numbers(text)
    return (found[0], found[1]) if len(found) == 2 else (first, second)


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        return text.strip()
    try:
        return str(json.loads(text))
    except ValueError:
        return text.strip()
