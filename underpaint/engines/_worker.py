"""The worker: it holds loaded models and does what requests ask; every engine runs one."""

from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

import torch

from underpaint import catalog
from underpaint.engines import _models
from underpaint.engines._models import FAMILIES
from underpaint.errors import UnderpaintError, WeightsError
from underpaint.events import Event, Failed, Started
from underpaint.families._model import Model
from underpaint.requests.image import ImageRequest
from underpaint.weights import autoencoder, checkpoint, shelf

__all__ = ["Worker", "family"]

PIPELINES = "underpaint.pipelines"

Pipeline = Callable[[ImageRequest, Model], Iterator[Event]]


class Worker:
    """Loads models and keeps the last few of them."""

    def __init__(
        self,
        folders: Sequence[Path] = (),
        *,
        device: torch.device,
        dtype: torch.dtype,
        keep: int = 2,
    ) -> None:
        """Begin with no model loaded.

        Args:
            folders: where models are looked for, besides the package.
            device: where to compute.
            dtype: numbers to compute with.
            keep: models to hold at once, at least 1; the one unused for longest goes.
        """
        self.folders = tuple(folders)
        self.device = device
        self.dtype = dtype
        self._keep = keep
        self._models: OrderedDict[tuple[Path | str, int], Model] = OrderedDict()

    def run(self, request: ImageRequest) -> Iterator[Event]:
        """Do what a request asks; to stop, take no further events.

        Args:
            request: its seeds drawn.

        Yields:
            `Started` when a model must be loaded, what the pipeline says, and `Failed` in place
            of an error that a person can put right.
        """
        try:
            model = yield from self._loaded(request.model)
            yield from _pipeline(request)(request, model)
        except UnderpaintError as error:
            yield Failed(error)

    def model(self, name: str) -> Model:
        """Return a model, loaded if it was not yet or if its file has changed.

        Raises:
            ModelNotFoundError: there is no such model; lists those there are.
            WeightsError: its file is not acceptable, or no family knows it.
            StorageError: a folder cannot be read.
        """
        loading = self._loaded(name)
        while True:
            try:
                next(loading)
            except StopIteration as end:
                return cast(Model, end.value)

    def _loaded(self, name: str) -> Generator[Event, None, Model]:
        """Return a model, saying so when it has to be loaded."""
        place = _models.find(name, self.folders)
        key = place, place.stat().st_mtime_ns if isinstance(place, Path) else 0
        if key not in self._models:
            yield Started(f"loading {name}")
            while len(self._models) >= self._keep:  # before the new one needs the room
                self._models.popitem(last=False)
            self._models[key] = self._built(place)
        self._models.move_to_end(key)
        return self._models[key]

    def _built(self, place: Path | str) -> Model:
        if isinstance(place, str):
            module = catalog.entry(FAMILIES, place)
            return module.build(module.weights(), device=self.device, dtype=self.dtype)
        weights = checkpoint.read(place)
        if (other := shelf.first_stage_of(place, self.folders)) is not None:
            weights = autoencoder.replaced(weights, other)
        module = catalog.entry(FAMILIES, family(weights.shapes, weights.name))
        return module.build(weights, device=self.device, dtype=self.dtype)


def family(shapes: Mapping[str, tuple[int, ...]], name: str) -> str:
    """Return the id of the family that weights belong to.

    Args:
        shapes: of their tensors.
        name: theirs, for the error.

    Raises:
        WeightsError: none that we know.
    """
    ids = catalog.ids(FAMILIES)
    for id in ids:
        if catalog.entry(FAMILIES, id).matches(shapes):
            return id
    raise WeightsError(f"{name!r} belongs to no family that we know; there are: {', '.join(ids)}")


def _pipeline(request: ImageRequest) -> Pipeline:
    """Return what makes such things: the pipeline with the id of the request's module."""
    id = type(request).__module__.rpartition(".")[2]
    return catalog.entry(PIPELINES, id).generate
