"""Options made from the fields of a request, and a request's values from the options given."""

import inspect
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from underpaint.errors import RequestError
from underpaint.faces import _controls, _parameters
from underpaint.media import Image
from underpaint.requests._controls import Control
from underpaint.requests._fields import Field, Request, fields, shown

_NOUNS = {int: "NUMBER", float: "NUMBER", str: "TEXT", Image: "FILE", Control: _controls.FORM}


def options(
    request: type[Request],
    *,
    argument: str = "",
    without: Sequence[str] = (),
    defaults: bool = True,
) -> list[inspect.Parameter]:
    """Return a parameter for each field of a request, in their order.

    All but flags are taken as text, and the request itself says what is wrong with one: the same
    sentence, wherever the value comes from.

    Args:
        request: what the verb asks for.
        argument: the field that is given by its place.
        without: fields that are no options.
        defaults: the help tells them; not where something else decides what is not given.
    """
    known = [field for field in fields(request) if field.name not in without]
    if not defaults:
        known = [replace(field, default=None) for field in known]
    return [_parameter(field, field.name == argument) for field in known]


def _parameter(field: Field, by_place: bool) -> inspect.Parameter:
    words = f"{field.help} One of {', '.join(field.choices)}." if field.choices else field.help
    if by_place:
        return _parameters.argument(field.name, field.name.upper(), words, required=False)
    if field.kind is bool:
        return _parameters.flag(field.name, words, no=True)
    default = str(field.default) if isinstance(field.default, int | float | str) else ""
    return _parameters.option(field.name, _metavar(field), words, default=default, many=field.many)


def _metavar(field: Field) -> str:
    """Return what the help calls a field's value: its range, or its kind."""
    if field.choices:
        return "NAME"
    if field.least is not None and field.most is not None and field.most < 10**6:
        return f"{field.least:g}..{field.most:g}"
    return _NOUNS.get(field.kind, "JSON")


def given(request: type[Request], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that were given, as the fields of a request take them.

    Args:
        request: what the verb asks for.
        values: of all options by name, None for those not given; others' are passed over.

    Raises:
        RequestError: a mapping is not JSON, or a control is none.
        MediaError: a file is not a picture.
    """
    said = {field: values.get(field.name) for field in fields(request)}
    return {
        field.name: tuple(_value(field, part) for part in value)
        if field.many
        else _value(field, value)
        for field, value in said.items()
        if value is not None
    }


def _value(field: Field, value: str | bool) -> object:
    """Return the value in a text; the text itself if there is none, for the request to refuse."""
    if isinstance(value, bool) or field.kind is str:
        return value
    if field.kind is Image:
        return Image.read(Path(value))
    if field.kind is Control:
        return _controls.spoken(value)
    if field.kind in (int, float):
        try:
            return field.kind(value)
        except ValueError:
            return value
    return _mapping(field.name, value)


def _mapping(name: str, text: str) -> object:
    try:
        return json.loads(text)
    except ValueError as error:
        example = '{"unet": {"channels": 64}}'
        raise RequestError(f"{name} is {shown(text)}; it must be JSON like {example}") from error
