"""Requests as the database keeps them: in JSON, the pictures in them by their ids."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, TypeVar, cast

from underpaint import catalog
from underpaint.media import Image
from underpaint.requests._fields import Request, fields
from underpaint.requests._pictures import PictureRequest

REQUESTS = "underpaint.requests"

R = TypeVar("R", bound=Request | PictureRequest)


@dataclass(frozen=True, slots=True)
class Stored:
    """A request at rest.

    Attributes:
        kind: the id of its class, such as "image".
        text: all but its pictures, as JSON.
        inputs: the ids of its pictures, by the names of their fields; that of a control is called
            "controls.0.picture" and so on.
    """

    kind: str
    text: str
    inputs: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def bare(self) -> PictureRequest:
        """Return the request without its pictures."""
        return bare(self.kind, self.text)

    def whole(self, picture: Callable[[str], Image]) -> PictureRequest:
        """Return the request with its pictures.

        Args:
            picture: gives the picture of an id.
        """
        given = {name: picture(id) for name, id in self.inputs.items()}
        return _with(self.bare(), given)


def stored(request: PictureRequest, kept: Callable[[Image], str]) -> Stored:
    """Return a request as it is kept.

    Args:
        request: its seeds drawn.
        kept: keeps a picture and gives its id.
    """
    pictures = _pictures(request)
    inputs = {name: kept(picture) for name, picture in pictures.items()}
    without = _with(request, dict.fromkeys(pictures))
    return Stored(kind(request), without.to_json(), MappingProxyType(inputs))


def bare(kind: str, text: str) -> PictureRequest:
    """Return the request in `text`, of the class with the id `kind`."""
    module = catalog.entry(REQUESTS, kind)
    return getattr(module, f"{kind.title()}Request").from_json(text)


def kind(request: Request | PictureRequest) -> str:
    """Return the id of a request's class."""
    return type(request).__module__.rpartition(".")[2]


def fingerprint(request: PictureRequest) -> str:
    """Return what is equal for equal requests, seeds drawn or not, and for no others."""
    pictures = _pictures(request)
    contents = {name: content(picture) for name, picture in pictures.items()}
    without = _with(request, dict.fromkeys(pictures))
    words = json.dumps([kind(request), without.to_json(), contents], sort_keys=True)
    return hashlib.sha256(words.encode()).hexdigest()


def content(picture: Image) -> str:
    """Return what is equal for equal pixels, however they are written, and for no others."""
    head = f"{picture.mode} {picture.width} {picture.height}\n"
    return hashlib.sha256(head.encode() + picture.pixels).hexdigest()[:32]


def _pictures(request: Request | PictureRequest) -> dict[str, Image]:
    """Return the pictures in a request, and in the requests within it, by their names."""
    found: dict[str, Image] = {}
    for each in fields(cast(type[Request], type(request))):
        value = getattr(request, each.name)
        if isinstance(value, Image):
            found[each.name] = value
        elif each.many and issubclass(each.kind, Request):
            for place, part in enumerate(value):
                inner = _pictures(part)
                found |= {f"{each.name}.{place}.{name}": inner[name] for name in inner}
    return found


def _with(request: R, pictures: Mapping[str, Image | None]) -> R:
    """Return a request with these pictures in it, by their names."""
    changes: dict[str, Any] = {}
    for name, picture in pictures.items():
        first, *rest = name.split(".", 2)
        if rest:
            parts = list(changes.get(first, getattr(request, first)))
            parts[int(rest[0])] = _with(parts[int(rest[0])], {rest[1]: picture})
            changes[first] = tuple(parts)
        else:
            changes[first] = picture
    return replace(cast(Any, request), **changes)
