"""What a worker can tell without painting: how long a prompt is, what files say of themselves.

Questions come from faces, whose process has no torch; answers are what JSON can say.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from underpaint import catalog
from underpaint.engines import _memory, _models
from underpaint.engines._known import Known, known
from underpaint.engines._models import FAMILIES
from underpaint.engines._worker import Worker
from underpaint.errors import UnderpaintError, UnknownEntryError
from underpaint.networks.tokenizer import Tokenizer
from underpaint.prompt.emphasis import parse
from underpaint.prompt.plan import Stages, plan
from underpaint.weights import checkpoint, embeddings, shelf
from underpaint.weights.packed import unpacked_shapes

__all__ = ["Answers"]

CALLS = 20
USUAL_LENGTH = 77

_POSITIONS = ("position_embedding.weight", "positional_embedding")
_TOKENS = "token_embedding.weight"

_Shapes = Mapping[str, tuple[int, ...]]


class _Encoders(NamedTuple):
    """What must be known of a model's text encoders to count tokens.

    Attributes:
        length: tokens of one context, the start and the end token among them.
        widths: of their tokens' features.
    """

    length: int
    widths: frozenset[int]


class Answers:
    """Answers questions about what a worker has."""

    def __init__(self, worker: Worker) -> None:
        """Begin with nothing looked at.

        Args:
            worker: what it is asked about.
        """
        self._worker = worker
        self._known: dict[tuple[Path, int], Known] = {}
        self._readers: dict[tuple[Path, int], _Encoders] = {}
        self._questions: Mapping[str, Callable[..., object]] = {
            "tokens": self.tokens,
            "models": self.models,
            "remarks": self.remarks,
            "embeddings": self.embeddings,
            "unload": self.unload,
            "load": self.load,
            "memory": _memory.device,
        }

    def answer(self, question: str, values: Mapping[str, Any]) -> object:
        """Return the answer to a question.

        Args:
            question: the name of one of the methods below, or "memory".
            values: its arguments by name.

        Raises:
            UnknownEntryError: there is no such question.
            UnderpaintError: there is no answer; why.
        """
        if question not in self._questions:
            raise UnknownEntryError("questions", question, tuple(self._questions))
        return self._questions[question](**values)

    def tokens(self, prompt: str, negative: str, model: str) -> dict[str, Any]:
        """Return how many tokens each context of the prompts has, as "prompt" and "negative".

        Of what changes from step to step, and of what AND joins, the longest is told, as
        AUTOMATIC1111 counts.

        Args:
            prompt: as a person writes it.
            negative: likewise.
            model: what is to read them, by name.

        Returns:
            These, and in "room" how many a context holds.

        Raises:
            ModelNotFoundError: there is no such model.
            RequestError: a prompt is not acceptable.
        """
        encoders = self._encoders(model)
        said = plan(prompt, negative, CALLS, lines=self._worker.lines)
        return {
            "room": encoders.length - 2,
            "prompt": max((self._longest(part, encoders) for part in said.parts), key=_size),
            "negative": self._longest(said.negative, encoders),
        }

    def models(self) -> dict[str, dict[str, Any]]:
        """Return the family of each model that can be used, and what suits it, by name."""
        found: dict[str, dict[str, Any]] = {}
        for book in shelf.listing(self._worker.folders):
            key = book.path, book.path.stat().st_mtime_ns
            with suppress(UnderpaintError):
                if key not in self._known:
                    self._known[key] = known(book.path)
                about = self._known[key]
                found[book.name] = {"family": about.family, "suits": dict(about.suits)}
        return found

    def remarks(self, kind: str) -> dict[str, dict[str, str]]:
        """Return what the files of a kind say of themselves, by their names.

        Args:
            kind: of `underpaint.weights.shelf.KINDS`.
        """
        found: dict[str, dict[str, str]] = {}
        for book in shelf.listing(self._worker.folders, kind):
            found[book.name] = {}
            with suppress(UnderpaintError):
                found[book.name] = dict(checkpoint.header(book.path).metadata)
        return found

    def embeddings(self, model: str) -> dict[str, dict[str, Any]]:
        """Return what is known of each embedding, by name.

        Args:
            model: what is to read them, by name; "" for none.

        Returns:
            Of each "sizes", the number of vectors and their width for each text encoder, none
            where it cannot be used; "remarks", what its trainer wrote; and "fits", whether the
            model can read it.

        Raises:
            ModelNotFoundError: there is no such model.
        """
        widths = self._encoders(model).widths if model else frozenset[int]()
        found: dict[str, dict[str, Any]] = {}
        for book in shelf.listing(self._worker.folders, "embeddings"):
            told: dict[str, Any] = {"sizes": [], "remarks": {}, "fits": False}
            with suppress(UnderpaintError):
                sizes = embeddings.sizes(book.path)
                told["sizes"] = [list(size) for size in sizes]
                told["fits"] = bool(widths) and widths <= {width for _, width in sizes}
                told["remarks"] = dict(checkpoint.header(book.path).metadata)
            found[book.path.stem] = told
        return found

    def unload(self) -> None:
        """Let go of all models."""
        self._worker.unload()

    def load(self, model: str) -> None:
        """Load a model, if it is not.

        Raises:
            UnderpaintError: it cannot be.
        """
        self._worker.model(model)

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return Tokenizer()

    def _longest(self, stages: Stages, encoders: _Encoders) -> list[int]:
        """Return the tokens in each context of the longest text."""
        return max((self._counted(stage.text, encoders) for stage in stages), key=_size)

    def _counted(self, text: str, encoders: _Encoders) -> list[int]:
        blank = -1  # no token has this id, so what fills a context can be told from what is in it
        rows = self._tokenizer.rows(
            parse(text),
            encoders.length,
            embeddings=self._words(text, encoders.widths),
            padding=blank,
        )
        return [encoders.length - 2 - row.ids.count(blank) for row in rows]

    def _words(self, text: str, widths: frozenset[int]) -> dict[tuple[int, ...], int]:
        """Return the embeddings whose names may come in a text, as the tokenizer takes them."""
        found: dict[tuple[int, ...], int] = {}
        for book in shelf.listing(self._worker.folders, "embeddings"):
            name = tuple(self._tokenizer.ids(book.path.stem))
            if name and book.path.stem.casefold() in text.casefold():
                with suppress(UnderpaintError):
                    sizes = embeddings.sizes(book.path)
                    if widths <= {width for _, width in sizes}:
                        found[name] = max(count for count, _ in sizes)
        return found

    def _encoders(self, model: str) -> _Encoders:
        place = _models.find(model, self._worker.folders)
        if isinstance(place, str):
            return _encoders(catalog.entry(FAMILIES, place).weights().shapes)
        key = place, place.stat().st_mtime_ns
        if key not in self._readers:
            self._readers[key] = _encoders(checkpoint.shapes(place))
        return self._readers[key]


def _encoders(stored: _Shapes) -> _Encoders:
    shapes = unpacked_shapes(stored)
    lengths = [shape[0] for name, shape in shapes.items() if name.endswith(_POSITIONS)]
    widths = frozenset(shape[-1] for name, shape in shapes.items() if name.endswith(_TOKENS))
    return _Encoders(min(lengths, default=USUAL_LENGTH), widths)


def _size(lengths: list[int]) -> tuple[int, int]:
    return len(lengths), sum(lengths)
