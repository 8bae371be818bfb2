"""Styles on the command line: `--style ink --styles styles.csv`."""

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from underpaint.faces._parameters import option
from underpaint.requests.image import ImageRequest
from underpaint.studio.styles import Styles

FILE = "styles.csv"


def parameters() -> list[inspect.Parameter]:
    """Return the options."""
    return [
        option("style", "NAME", "A style for the prompts; may be given more than once.", many=True),
        file(),
    ]


def file() -> inspect.Parameter:
    """Return the option that says where styles are kept."""
    return option("styles", "FILE", "Where styles are kept, as A1111 writes them.", default=FILE)


def styled(request: ImageRequest, values: Mapping[str, Any]) -> ImageRequest:
    """Return a request with the styles asked for on its prompts.

    Args:
        request: without styles.
        values: of all options by name, None for those not given.

    Raises:
        UnknownEntryError: there is no such style; lists those there are.
        StorageError: the file of styles cannot be read.
        RequestError: a prompt becomes too long.
    """
    return Styles(Path(values["styles"] or FILE)).on(request, values["style"] or ())
