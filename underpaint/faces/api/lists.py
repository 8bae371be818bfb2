"""What there is to choose from: models, samplers, schedules, and the schema of every request."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, Self

from fastapi import APIRouter
from pydantic import BaseModel

from underpaint import catalog
from underpaint.errors import WorkError
from underpaint.faces.api import kinds
from underpaint.requests import _samplers
from underpaint.requests._autoencoders import AUTOENCODERS
from underpaint.requests._upscalers import UPSCALERS
from underpaint.studio.app import Studio
from underpaint.studio.questions import Suited
from underpaint.weights import hashes
from underpaint.weights.shelf import Book

__all__ = ["router"]


class ModelView(BaseModel):
    """A model, in the shape that clients of OpenAI list models in, and a little more."""

    id: str
    """Its name; requests take it as `model`."""

    object: str = "model"
    created: int = 0
    owned_by: str = "underpaint"
    sha256: str | None
    embedded: bool
    """It comes with the studio."""

    family: str | None = None
    """Which kind of model it is; null while the studio does not know."""

    suits: dict[str, Any] = {}
    """What suits it where a person does not say: fields of a request and their values."""


class ModelList(BaseModel):
    """The models there are."""

    object: str = "list"
    data: list[ModelView]


class FileView(BaseModel):
    """Something that a prompt can name."""

    name: str
    """What prompts call it: "soft", for an adapter in "<lora:soft:0.8>", for an embedding bare."""

    file: str
    """Its place below the folder of its kind."""

    sha256: str | None
    """Of the file, if it was found before."""

    @classmethod
    def of(cls, book: Book) -> Self:
        """Return what is shown of a file."""
        return cls(name=book.name, file=book.file, sha256=hashes.known(book.path))


class ChoiceView(BaseModel):
    """Something built in, or a file."""

    id: str
    label: str

    @classmethod
    def of(cls, built_in: Mapping[str, str], files: Iterable[Book]) -> list[Self]:
        """Return what is built in, by its label, and the files."""
        first = [cls(id=id, label=label) for id, label in built_in.items()]
        return [*first, *(cls(id=book.name, label=book.name) for book in files)]


class SamplerView(BaseModel):
    """A sampler."""

    id: str
    label: str
    schedule: str
    """What "automatic" stands for."""


class ScheduleView(BaseModel):
    """A schedule."""

    id: str
    label: str


def router(studio: Studio) -> APIRouter:
    """Return the lists.

    Args:
        studio: what has the models.
    """
    routes = APIRouter(prefix="/v1", tags=["Lists"])
    _add_files(routes, studio)

    @routes.get("/models", summary="Models")
    def models() -> ModelList:
        about: Mapping[str, Suited] = {}
        with suppress(WorkError):
            about = studio.worker.models()
        cards = [_model(book, about.get(book.name)) for book in studio.books()]
        return ModelList(data=cards)

    @routes.get("/samplers", summary="Samplers")
    def samplers() -> list[SamplerView]:
        return [
            SamplerView(id=id, label=_samplers.label(id), schedule=_samplers.own_schedule(id))
            for id in catalog.ids(_samplers.SAMPLERS)
        ]

    @routes.get("/schedules", summary="Schedules")
    def schedules() -> list[ScheduleView]:
        return [ScheduleView(id=id, label=label) for id, label in _samplers.SCHEDULES.items()]

    @routes.get("/schemas", summary="The JSON schema of every kind of request")
    def schemas() -> dict[str, dict[str, Any]]:
        return kinds.schemas()

    return routes


def _add_files(routes: APIRouter, studio: Studio) -> None:
    @routes.get("/adapters", summary="Adapters, such as LoRA")
    def adapters() -> list[FileView]:
        return [FileView.of(book) for book in studio.books("loras")]

    @routes.get("/embeddings", summary="Embeddings: words that stand for vectors")
    def embeddings() -> list[FileView]:
        books = studio.books("embeddings")
        return [FileView.of(book).model_copy(update={"name": book.path.stem}) for book in books]

    @routes.get("/controlnets", summary="ControlNets")
    def controlnets() -> list[FileView]:
        return [FileView.of(book) for book in studio.books("controlnets")]

    @routes.get("/upscalers", summary="Upscalers: those built in, then files")
    def upscalers() -> list[ChoiceView]:
        return ChoiceView.of(UPSCALERS, studio.books("upscalers"))

    @routes.get("/autoencoders", summary="Autoencoders: a model's own, then files")
    def autoencoders() -> list[ChoiceView]:
        return ChoiceView.of(AUTOENCODERS, studio.books("vaes"))


def _model(book: Book, about: Suited | None) -> ModelView:
    return ModelView(
        id=book.name,
        sha256=hashes.known(book.path),
        embedded=book.embedded,
        family=about and about.family,
        suits=dict(about.suits) if about else {},
    )
