"""The kinds of work there are, as the catalogues of requests and pipelines have them."""

from types import ModuleType
from typing import Any

from underpaint import catalog
from underpaint.errors import UnknownEntryError
from underpaint.requests._fields import Request

REQUESTS, PIPELINES = "underpaint.requests", "underpaint.pipelines"


def kinds() -> tuple[str, ...]:
    """Return the kinds that can be asked for."""
    paintable = catalog.ids(PIPELINES)
    return tuple(kind for kind in catalog.ids(REQUESTS) if kind in paintable)


def request_class(kind: str) -> type[Request]:
    """Return what a kind of work is asked for with.

    Raises:
        UnknownEntryError: there is no such kind; lists those there are.
    """
    if kind not in kinds():
        raise UnknownEntryError("kinds", kind, kinds())
    return _class(catalog.entry(REQUESTS, kind))


def schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON schema of every kind's request."""
    return {kind: request_class(kind).json_schema() for kind in kinds()}


def _class(module: ModuleType) -> type[Request]:
    name = f"{module.__name__.rpartition('.')[2].capitalize()}Request"
    found = getattr(module, name)
    assert issubclass(found, Request), f"{module.__name__}.{name} is no request"
    return found
