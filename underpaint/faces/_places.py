"""The options that many verbs share: where files are, and what computes."""

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from underpaint.errors import RequestError
from underpaint.faces._parameters import option

MODELS, OUTPUTS = "models", "outputs"


def models() -> inspect.Parameter:
    """Return the option that says where models are."""
    words = "Where models are; may be given more than once."
    return option("models", "FOLDER", words, default=MODELS, many=True)


def out() -> inspect.Parameter:
    """Return the option that says where pictures are kept."""
    return option("out", "FOLDER", "Where to keep the pictures.", default=OUTPUTS)


def computing() -> list[inspect.Parameter]:
    """Return the options that say what computes."""
    return [
        option("device", "NAME", "Where to compute: auto, cpu, cuda or openvino.", default="auto"),
        option("dtype", "NAME", "auto, float32, bfloat16 or float16.", default="auto"),
        option("threads", "NUMBER", "Threads to compute with.", default="one a core"),
    ]


def folders(values: Mapping[str, Any]) -> tuple[Path, ...]:
    """Return the folders of models that were named, or the usual one.

    Args:
        values: of the options by name, None for those not given.
    """
    return tuple(Path(folder) for folder in values["models"] or (MODELS,))


def pictures(values: Mapping[str, Any]) -> Path:
    """Return the folder of pictures that was named, or the usual one.

    Args:
        values: of the options by name, None for those not given.
    """
    return Path(values["out"] or OUTPUTS)


def threads(values: Mapping[str, Any]) -> int | None:
    """Return how many threads to compute with; None = one a core.

    Args:
        values: of the options by name, None for those not given.

    Raises:
        RequestError: it is no number, or not allowed.
    """
    text = values["threads"]
    if text is None:
        return None
    if not (text.isdecimal() and 1 <= int(text) <= 1024):
        raise RequestError(f"threads is {text!r}; it must be a whole number between 1 and 1024")
    return int(text)
