"""What weights in a prompt do, by the names that AUTOMATIC1111 gives the ways."""

from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

from underpaint.requests._labels import id_of

Emphasis: TypeAlias = Literal["original", "no_norm", "ignore", "none"]

# Our ids and the labels of A1111's menu.
EMPHASES: Mapping[Emphasis, str] = {
    "original": "Original",
    "no_norm": "No norm",
    "ignore": "Ignore",
    "none": "None",
}


def emphases() -> tuple[Emphasis, ...]:
    """Return the ids."""
    return get_args(Emphasis)


def emphasis_id(name: str) -> Emphasis:
    """Return the id of a way, given its id or label in any letter case.

    Raises:
        UnknownEntryError: there is no such way; lists those there are.
    """
    return id_of(name, EMPHASES, "emphases")
