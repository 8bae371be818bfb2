"""Models by the names that A1111 gives them: title, file name, hash."""

from dataclasses import dataclass
from pathlib import Path

from underpaint.engines import _models
from underpaint.errors import ModelNotFoundError, StorageError, WeightsError
from underpaint.requests.image import ImageRequest
from underpaint.studio.app import Studio
from underpaint.weights import hashes

__all__ = ["Card", "current", "listing", "named"]

# A hash that was never found is worth the wait for a file up to this size.
SOON_READ = 2**28


@dataclass(frozen=True, slots=True)
class Card:
    """A model as A1111's lists have it.

    Attributes:
        name: what our requests call it.
        path: its file; None for one that no file holds.
        sha256: of the file; "" when it is not known.
    """

    name: str
    path: Path | None = None
    sha256: str = ""

    @property
    def file(self) -> str:
        """Return the file's name."""
        return self.name if self.path is None else self.path.name

    @property
    def short(self) -> str:
        """Return the ten digits that people know the model by."""
        return self.sha256[: hashes.SHORT]

    @property
    def title(self) -> str:
        """Return what menus show: "file.safetensors [0123456789]", or the file's name alone."""
        return f"{self.file} [{self.short}]" if self.short else self.file

    @property
    def names(self) -> tuple[str, ...]:
        """Return all that it answers to."""
        stem = self.name.rpartition("/")[2]
        every = (self.title, self.name, self.file, stem, self.short, self.sha256)
        return tuple(name for name in every if name)


def listing(studio: Studio) -> list[dict[str, object]]:
    """Return what `/sd-models` lists."""
    return [
        {
            "title": card.title,
            "model_name": card.name,
            "hash": card.short or None,
            "sha256": card.sha256 or None,
            "filename": str(card.path),
            "config": None,
        }
        for card in _cards(studio)
    ]


def named(studio: Studio, name: str) -> Card:
    """Return the model that a title, a name, a file's name or a hash means.

    Args:
        studio: where.
        name: in any of these ways; "" means the one that requests default to.

    Raises:
        ModelNotFoundError: there is no such model; lists those there are.
    """
    asked = name or ImageRequest().model
    bare = asked.rpartition(" [")[0] if asked.endswith("]") else asked
    cards = [*_cards(studio), *(Card(made) for made in _models.made())]
    for wanted in (asked, bare):
        for card in cards:
            if wanted.casefold() in (each.casefold() for each in card.names):
                return card
    there = ", ".join(card.title for card in cards)
    raise ModelNotFoundError(f"no {asked[:200]!r} in models; there are: {there}")


def chosen(studio: Studio) -> Card:
    """Return the model that is chosen among the options.

    Raises:
        ModelNotFoundError: it is no longer there; lists those there are.
    """
    return named(studio, str(studio.preferences.all().get("sd_model_checkpoint") or ""))


def current(studio: Studio) -> Card | None:
    """Return the model that is chosen among the options, or None when it is no longer there."""
    try:
        return chosen(studio)
    except ModelNotFoundError:
        return None


def _cards(studio: Studio) -> list[Card]:
    return [Card(book.name, book.path, _sha256(book.path)) for book in studio.books()]


def _sha256(path: Path) -> str:
    """Return a file's hash if it is known, or soon found; else ""."""
    try:
        if (found := hashes.known(path)) is not None:
            return found
        small = path.is_file() and path.stat().st_size <= SOON_READ
        return hashes.sha256(path) if small else ""
    except (OSError, StorageError, WeightsError):
        return ""
