"""What the studio asks its worker besides work, for the studio itself has no torch to know it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from underpaint.engines.local import Engine

__all__ = ["Embedding", "Questions", "Suited", "Tokens"]

LOADING = 600.0


@dataclass(frozen=True, slots=True)
class Tokens:
    """How long prompts are for a model.

    Attributes:
        room: tokens that a context holds.
        prompt: tokens in each context of the prompt.
        negative: of the negative prompt.
    """

    room: int
    prompt: tuple[int, ...]
    negative: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Embedding:
    """What is known of an embedding.

    Attributes:
        sizes: the number of vectors and their width for each text encoder; () when it cannot be
            used.
        remarks: what its trainer wrote into it.
        fits: the model that was asked about can read it.
    """

    sizes: tuple[tuple[int, int], ...]
    remarks: Mapping[str, str]
    fits: bool


@dataclass(frozen=True, slots=True)
class Suited:
    """What is known of a model before it is loaded.

    Attributes:
        family: the id of its family.
        suits: what suits it where a person does not say: values by their names in a request.
    """

    family: str
    suits: Mapping[str, Any]


class Questions:
    """Asks the worker; each method raises `WorkError` when that does not answer."""

    def __init__(self, engine: Engine) -> None:
        """Begin.

        Args:
            engine: whose worker is asked; it is started if need be.
        """
        self._engine = engine

    def tokens(self, prompt: str, negative: str, model: str) -> Tokens:
        """Return how many tokens prompts have.

        Args:
            prompt: as a person writes it.
            negative: likewise.
            model: what is to read them, by name.

        Raises:
            ModelNotFoundError: there is no such model.
            RequestError: a prompt is not acceptable.
        """
        values = {"prompt": prompt, "negative": negative, "model": model}
        told = self._told("tokens", values)
        return Tokens(told["room"], tuple(told["prompt"]), tuple(told["negative"]))

    def models(self) -> dict[str, Suited]:
        """Return what is known of each model that can be used; {} while the worker gets ready."""
        if not self._engine.ready:
            return {}
        told = self._told("models")
        return {name: Suited(each["family"], each["suits"]) for name, each in told.items()}

    def remarks(self, kind: str) -> Mapping[str, Mapping[str, str]]:
        """Return what the files of a kind say of themselves, by their names.

        Args:
            kind: of `underpaint.weights.shelf.KINDS`.
        """
        return self._told("remarks", {"kind": kind})

    def embeddings(self, model: str) -> dict[str, Embedding]:
        """Return what is known of each embedding, by name.

        Args:
            model: what is to read them, by name; "" for none.

        Raises:
            ModelNotFoundError: there is no such model.
        """
        told = self._told("embeddings", {"model": model})
        sizes = {name: [(count, width) for count, width in told[name]["sizes"]] for name in told}
        return {
            name: Embedding(tuple(sizes[name]), each["remarks"], each["fits"])
            for name, each in told.items()
        }

    def memory(self) -> Mapping[str, int]:
        """Return the bytes of the graphics card: free, total, allocated; {} without one."""
        return self._told("memory")

    def unload(self) -> None:
        """Have the worker let go of all models, once it has done what it is doing."""
        self._engine.ask("unload", in_turn=True, patience=LOADING)

    def load(self, model: str) -> None:
        """Have the worker load a model, once it has done what it is doing.

        Raises:
            UnderpaintError: it cannot be loaded; why.
        """
        self._engine.ask("load", {"model": model}, in_turn=True, patience=LOADING)

    def _told(self, question: str, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return cast("dict[str, Any]", self._engine.ask(question, values or {}))
