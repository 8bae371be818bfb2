"""Verbs that make pictures: a request checked, carried out and told, its pictures kept."""

import inspect
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from underpaint import catalog, files
from underpaint.engines import _models
from underpaint.faces import _options, _places, _styles, _telling
from underpaint.faces._interruption import Interruption
from underpaint.faces._parameters import flag
from underpaint.requests._pictures import PictureRequest
from underpaint.requests.image import ImageRequest

# Which sampler walks down which schedule: who chooses one of them chooses both.
_WALK = frozenset(("sampler", "schedule"))


def from_words(
    kind: type[ImageRequest], values: Mapping[str, Any], interruption: Interruption
) -> int:
    """Paint what a request says in words; return the exit code.

    Args:
        kind: of the request.
        values: of the options by name, None for those not given.
        interruption: held while a picture is being kept.

    Raises:
        UnderpaintError: what stands in the way.
    """
    request = _styles.styled(kind(**_options.given(kind, values)), values)
    work = f"painting {_telling.counted(request.batch, 'picture')}"
    return done(request, work, values, interruption=interruption)


def done(
    request: PictureRequest, work: str, values: Mapping[str, Any], *, interruption: Interruption
) -> int:
    """Carry a request out, and keep its pictures; return the exit code.

    All that can be checked is, before the libraries that compute are loaded.

    Args:
        request: its seeds need not be drawn.
        work: what is done, in words.
        values: of the options by name, None for those not given.
        interruption: held while a picture is being kept.

    Raises:
        UnderpaintError: what stands in the way.
    """
    request = request.resolved(lambda: secrets.randbits(32))
    _models.check(request, _places.folders(values))
    threads = _places.threads(values)
    out = files.folder(_places.pictures(values))
    files.sweep(out)

    engine = catalog.entry("underpaint.engines", "inline").Engine(
        _places.folders(values),
        device=values["device"] or "auto",
        dtype=values["dtype"] or "auto",
        threads=threads,
    )
    request = _suited(request, engine.suits(request.model), values) if request.model else request
    teller = _telling.teller(work, as_json=bool(values["json"]))
    _telling.tell(engine.run(request), teller, out, interruption)
    return 0


def _suited(
    request: PictureRequest, suits: Mapping[str, object], values: Mapping[str, Any]
) -> PictureRequest:
    """Return a request with what suits its model wherever a person has not said otherwise.

    Args:
        request: with the values that were given.
        suits: values by field.
        values: of the options by name, None for those not given.
    """
    said = {name for name in suits if values.get(name) is not None}
    if said & _WALK:
        said |= _WALK
    return replace(request, **{name: suits[name] for name in suits if name not in said})


def options(fields: Sequence[inspect.Parameter]) -> list[inspect.Parameter]:
    """Return the options of a verb that makes pictures.

    Args:
        fields: of its request, which come first.
    """
    return [
        *fields,
        _places.out(),
        _places.models(),
        *_places.computing(),
        flag("json", "Write one line of JSON an event to standard output, and nothing else."),
    ]
