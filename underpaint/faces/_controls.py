"""Controls as they are typed: "scribble.png:model:0.8", or JSON with all that there is to say."""

import json
from pathlib import Path
from typing import Any, cast

from underpaint.errors import RequestError
from underpaint.media import Image
from underpaint.requests._controls import Control
from underpaint.requests._fields import shown

FORM = "FILE:MODEL"

_EXAMPLE = '{"picture": "cat.png", "model": "canny-sd15", "preprocessor": "canny"}'


def spoken(text: str) -> Control:
    """Return the control in a text; pictures are read from their files.

    Args:
        text: the picture's file, the ControlNet's name and, if need be, a weight, with colons
            between them; nothing before the first colon leaves it to the init picture. Or a JSON
            object with the fields of a control, its picture a file.

    Raises:
        RequestError: it is neither, or a value is not allowed.
        MediaError: a file is not a picture.
    """
    said = _object(text) if text.lstrip().startswith("{") else _parted(text)
    path = said.pop("picture", None)
    if path:
        said["picture"] = Image.read(Path(str(path)))
    return Control(**said)


def _parted(text: str) -> dict[str, Any]:
    """Return what stands between colons; a file's name may have some of its own."""
    head, _, last = text.rpartition(":")
    weight = _number(last)
    file, colon, model = (head if weight is not None else text).rpartition(":")
    if not colon or not model:
        raise RequestError(
            f"controls is {shown(text)}; it must be {FORM}, {FORM}:WEIGHT or JSON like {_EXAMPLE}"
        )
    said: dict[str, Any] = {"picture": file, "model": model}
    return said if weight is None else said | {"weight": weight}


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RequestError(f"controls is {shown(text)}; it must be JSON like {_EXAMPLE}") from error
    return cast("dict[str, Any]", found)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
