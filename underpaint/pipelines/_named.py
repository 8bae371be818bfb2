"""What prompts name besides the model: adapters in tags, and embeddings by a word of their own.

An adapter's name is its file's, or the one that its trainer gave it; an embedding's is its file's.
An embedding that was made for another text encoder is a word like any other, as in AUTOMATIC1111.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from torch import Tensor

from underpaint.errors import ModelNotFoundError, UnknownEntryError, WeightsError
from underpaint.families._adapted import Worn
from underpaint.families._model import Model
from underpaint.prompt.tags import Tag
from underpaint.weights import checkpoint, embeddings, hashes, shelf
from underpaint.weights.shelf import SUFFIX, Book

LORA = "lora"
TRAINERS_NAME = "ss_output_name"
TRAINERS_HASH = "sshs_model_hash"
DIGITS = 12


class Named:
    """Finds what prompts name, for one model."""

    def __init__(self, model: Model, folders: Sequence[Path] = ()) -> None:
        """Begin with nothing looked for.

        Args:
            model: what paints.
            folders: where models are; see `underpaint.weights.shelf` for their subfolders.
        """
        self._model = model
        self._folders = folders
        self._words: dict[Path, tuple[Tensor, ...]] = {}

    def worn(self, tags: Iterable[Tag]) -> tuple[Worn, ...]:
        """Return the adapters of tags, as their files are now.

        Args:
            tags: of one prompt.

        Raises:
            UnknownEntryError: there is no such adapter; lists those there are.
            RequestError: a weight is no number.
            WeightsError: a file went away.
        """
        return tuple(Worn.of(self._adapter(tag), *tag.weights()) for tag in tags)

    def words(self, text: str) -> tuple[dict[str, Tensor], ...]:
        """Return the embeddings that a text names, for each of the model's readers.

        Args:
            text: what one of them is to read.

        Raises:
            WeightsError: a file that is named is not acceptable.
            StorageError: a folder cannot be read.
        """
        books = self._mentioned(text)
        for book in books:
            if book.path not in self._words:
                self._words[book.path] = embeddings.read(book.path, self._widths)
        return tuple(
            {_name(book): self._words[book.path][place] for book in books}
            for place in range(len(self._widths))
        )

    def remarks(self, tags: Iterable[Tag], texts: Iterable[str]) -> dict[str, str]:
        """Return what AUTOMATIC1111 writes into a picture of the files that it was made with.

        The model is not among them, but an autoencoder that is not the model's own is.

        Args:
            tags: of its prompt.
            texts: that were read for it.
        """
        loras = {tag.name: _hash(self._adapter(tag)) for tag in tags}
        words = {
            _name(book): hashes.sha256(book.path)[:DIGITS]
            for text in texts
            for book in self._mentioned(text)
        }
        listed = {"Lora hashes": _listed(loras), "TI hashes": _listed(words)}
        return self._first_stage() | {key: value for key, value in listed.items() if value}

    def _first_stage(self) -> dict[str, str]:
        path = self._model.first_stage
        return {} if path is None else {"VAE hash": hashes.sha256(path)[:10], "VAE": path.name}

    @cached_property
    def _loras(self) -> tuple[Book, ...]:
        return shelf.listing(self._folders, "loras")

    @cached_property
    def _embeddings(self) -> tuple[Book, ...]:
        return shelf.listing(self._folders, "embeddings")

    @cached_property
    def _widths(self) -> tuple[int, ...]:
        return tuple(reader.params.width for reader in self._model.readers)

    def _adapter(self, tag: Tag) -> Path:
        if tag.kind != LORA:
            raise UnknownEntryError(f"{tag.kind}s", tag.name, ())
        try:
            return shelf.find_in(self._loras, tag.name, "loras").path
        except ModelNotFoundError as error:
            for book in self._loras:
                if _remarked(book.path, TRAINERS_NAME) == tag.name:
                    return book.path
            there = tuple(book.name for book in self._loras)
            raise UnknownEntryError("loras", tag.name, there) from error

    def _mentioned(self, text: str) -> list[Book]:
        """Return the embeddings that a text names and that this model can read."""
        squeezed = _squeezed(text)
        if not self._widths:
            return []
        return [
            book
            for book in self._embeddings
            if _squeezed(_name(book)) in squeezed
            and self._model.readers[0].mentions(text, _name(book))
            and set(self._widths) <= set(embeddings.widths(book.path))
        ]


def _name(book: Book) -> str:
    return book.path.stem


def _squeezed(text: str) -> str:
    return "".join(text.split()).casefold()


def _remarked(path: Path, key: str) -> str | None:
    """Return what a trainer remarked in a file, if it can be read."""
    with suppress(WeightsError):
        return checkpoint.header(path).metadata.get(key) if path.suffix == SUFFIX else None
    return None


def _hash(path: Path) -> str:
    """Return the hash by which AUTOMATIC1111 knows an adapter."""
    return (_remarked(path, TRAINERS_HASH) or hashes.behind_header(path))[:DIGITS]


def _listed(found: Mapping[str, str]) -> str:
    marks = str.maketrans("", "", ":,")
    return ", ".join(f"{name.translate(marks)}: {digits}" for name, digits in found.items())
