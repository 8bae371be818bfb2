"""What makes control pictures, by every name people know it by; no module of it is imported."""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple, cast

from underpaint import catalog
from underpaint.errors import UnknownEntryError

PREPROCESSORS = "underpaint.preprocessors"


class Setting(NamedTuple):
    """A number that a preprocessor heeds.

    Attributes:
        label: what AUTOMATIC1111's menu calls it.
        usual: its value where nobody says.
        least: the lowest allowed.
        most: the highest allowed.
    """

    label: str
    usual: float
    least: float
    most: float


@cache
def preprocessors() -> tuple[str, ...]:
    """Return the ids, sorted, after "none"."""
    return "none", *(id for id in catalog.ids(PREPROCESSORS) if id != "none")


def label(preprocessor: str) -> str:
    """Return what A1111's menu calls the preprocessor of this id: "scribble_xdog"."""
    return str(_constants(preprocessor).get("LABEL", preprocessor))


@cache
def settings(preprocessor: str) -> tuple[Setting, ...]:
    """Return the numbers that the preprocessor of this id heeds, two at most."""
    told = cast(
        "tuple[tuple[str, float, float, float], ...]", _constants(preprocessor).get("SETTINGS", ())
    )
    return tuple(Setting(*each) for each in told)


def preprocessor_id(name: str) -> str:
    """Return the id of a preprocessor, given its id, label or an alias in any letter case.

    Raises:
        UnknownEntryError: there is no such preprocessor; lists those there are.
    """
    for id in preprocessors():
        if name.casefold() in (known.casefold() for known in _names(id)):
            return id
    raise UnknownEntryError("preprocessors", name, preprocessors())


def _names(preprocessor: str) -> Iterator[str]:
    yield preprocessor
    yield label(preprocessor)
    yield from cast("tuple[str, ...]", _constants(preprocessor).get("ALIASES", ()))


@cache
def _constants(preprocessor: str) -> dict[str, object]:
    return catalog.constants(PREPROCESSORS, preprocessor)
