"""Names of a menu's entries: our ids, and the labels that AUTOMATIC1111 gives them."""

from collections.abc import Mapping
from typing import TypeVar

from underpaint.errors import UnknownEntryError

Id = TypeVar("Id", bound=str)


def id_of(name: str, labels: Mapping[Id, str], kind: str) -> Id:
    """Return the id of an entry, given its id or label in any letter case.

    Args:
        name: what was said.
        labels: of the menu, by id.
        kind: what its entries are, in the plural, for the error.

    Raises:
        UnknownEntryError: there is no such entry; lists those there are.
    """
    for id, label in labels.items():
        if name.casefold() in (id, label.casefold()):
            return id
    raise UnknownEntryError(kind, name, tuple(labels))
