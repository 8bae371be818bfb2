"""Models by name, before any is loaded: needs no torch, so that a wrong name is told at once."""

from collections.abc import Sequence
from pathlib import Path

from underpaint import catalog
from underpaint.requests._autoencoders import AUTOMATIC, OWN
from underpaint.requests._pictures import PictureRequest
from underpaint.weights import shelf, upscalers

FAMILIES = "underpaint.families"


def find(name: str, folders: Sequence[Path]) -> Path | str:
    """Return the file of a model; or the id of the family that makes a model of this name itself.

    Args:
        name: a file's, as `underpaint.weights.shelf.find` takes it, or a family's NAME.
        folders: where models are looked for, besides the package; they come first.

    Raises:
        ModelNotFoundError: there is no such model; lists those there are.
        StorageError: a folder cannot be read.
    """
    named = made()
    filed = {book.name for book in shelf.listing(folders)}
    return named[name] if name in named and name not in filed else shelf.find(name, folders)


def check(request: PictureRequest, folders: Sequence[Path]) -> None:
    """Refuse a request that names a file which there is not, before anything is loaded.

    Args:
        request: what is to be carried out.
        folders: where models and the like are looked for, besides the package.

    Raises:
        ModelNotFoundError: there is no such file; lists those there are.
        StorageError: a folder cannot be read.
    """
    finders = {"models": find, "upscalers": upscalers.find}
    for kind, name in request.needs():
        if kind in finders:
            finders[kind](name, folders)
        else:
            shelf.find_in(shelf.listing(folders, kind), name, kind)


def first_stage(vae: str, place: Path | str, folders: Sequence[Path]) -> Path | None:
    """Return the file of the autoencoder that a model paints with; None = its own.

    Args:
        vae: as a request names it.
        place: of the model, as `find` gives it.
        folders: where autoencoders are looked for.

    Raises:
        ModelNotFoundError: there is no such autoencoder; lists those there are.
        StorageError: a folder cannot be read.
    """
    if vae == AUTOMATIC:
        return shelf.first_stage_of(place, folders) if isinstance(place, Path) else None
    if vae == OWN:
        return None
    return shelf.find_in(shelf.listing(folders, "vaes"), vae, "vaes").path


def made() -> dict[str, str]:
    """Return the models that no file holds: by name, the id of the family that makes each."""
    named = {id: catalog.constants(FAMILIES, id).get("NAME") for id in catalog.ids(FAMILIES)}
    return {str(name): id for id, name in named.items() if name is not None}
