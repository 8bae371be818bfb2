"""What a model's file says of it before it is loaded: its family, and what suits it."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from underpaint import catalog
from underpaint.engines._models import FAMILIES
from underpaint.engines._worker import family
from underpaint.weights import checkpoint, folder

__all__ = ["Known", "known"]


class Known(NamedTuple):
    """What is known of a model.

    Attributes:
        family: the id of its family.
        suits: what suits it where a person does not say: values by their names in an image
            request.
    """

    family: str
    suits: Mapping[str, object]


def known(place: Path | str) -> Known:
    """Return what is known of a model; none of its tensors is read.

    Args:
        place: its file or folder, or the id of the family that makes it, as `_models.find` gives
            it.

    Raises:
        WeightsError: its file is not acceptable, or no family knows it.
    """
    if isinstance(place, str):
        return Known(place, {})
    found = checkpoint.read(place) if folder.is_one(place) else checkpoint.header(place)
    shapes = checkpoint.shapes(place)
    id = family(shapes, place.stem)
    suits = getattr(catalog.entry(FAMILIES, id), "suits", None)
    return Known(id, suits(place.stem, shapes, found.metadata) if suits else {})
