"""The worker: it holds loaded models and does what requests ask; every engine runs one."""

import inspect
from collections import OrderedDict
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import torch

from underpaint import catalog
from underpaint.engines import _memory, _models
from underpaint.engines._models import FAMILIES
from underpaint.errors import OutOfMemoryError, UnderpaintError, WeightsError
from underpaint.events import Event, Failed, Finished, Started
from underpaint.families._model import Model
from underpaint.families._pieces import at_once
from underpaint.families._running import Runner
from underpaint.prompt.lines import Lines, folders
from underpaint.requests._autoencoders import AUTOMATIC
from underpaint.requests._pictures import PictureRequest
from underpaint.weights import autoencoder, checkpoint
from underpaint.weights.checkpoint import Weights

__all__ = ["Worker", "family"]

PIPELINES = "underpaint.pipelines"
WILDCARDS = "wildcards"

_Key = tuple[Path | str, int, Path | None]


class Pipeline(Protocol):
    """Makes what a request asks for, with those of the worker's things that it has names for.

    model: the one that the request names. lines: where prompts find their wildcards' lines.
    folders: where files are that the request names. device: where to compute.
    run: carries out other requests, for one that is made of them.
    """

    def __call__(self, request: PictureRequest, **things: Any) -> Iterator[Event]:
        """Do it, saying how far it is."""
        ...


class Worker:
    """Loads models, and keeps those used last as long as there is room for them."""

    def __init__(
        self,
        folders: Sequence[Path] = (),
        *,
        device: torch.device,
        dtype: torch.dtype,
        memory: int | None = None,
        runner: Runner | None = None,
    ) -> None:
        """Begin with no model loaded.

        Args:
            folders: where models are looked for, besides the package; their folders "wildcards"
                hold the lines that prompts may ask for, and others the adapters and embeddings.
            device: where to compute.
            dtype: numbers to compute with.
            memory: bytes that models may take together, of which the one unused for longest goes
                first; one alone may take more. None = half of what the device has.
            runner: what runs the networks, if it is not torch.
        """
        self.folders = tuple(folders)
        self.device = device
        self.dtype = dtype
        self._runner = runner
        self._room = _memory.budget(device) if memory is None else memory
        self._models: OrderedDict[_Key, tuple[Model, int]] = OrderedDict()

    def run(self, request: PictureRequest) -> Iterator[Event]:
        """Do what a request asks; to stop, take no further events.

        Args:
            request: its seeds drawn.

        Yields:
            `Started` when a model must be loaded, or memory ran out and the pictures are painted
            one by one; what the pipeline says; and `Failed` in place of an error that a person can
            put right.
        """
        done = 0
        try:
            for event in self._at_once(request):
                done += isinstance(event, Finished)
                yield event
            return
        except UnderpaintError as error:
            yield Failed(error)
            return
        except (MemoryError, RuntimeError) as error:
            if not _memory.ran_out(error):
                raise
        yield from self._one_by_one(request, done)  # out here, where the error holds no tensors

    def _at_once(self, request: PictureRequest) -> Iterator[Event]:
        """Have the pipeline of a request make it, with what the pipeline's own signature names."""
        pipeline = _pipeline(request)
        wanted = inspect.signature(pipeline).parameters
        things: dict[str, Any] = {
            "lines": self.lines,
            "folders": self.folders,
            "device": self.device,
            "run": self.run,
        }
        if "model" in wanted:
            vae = getattr(request, "vae", AUTOMATIC)
            things["model"] = yield from self._loaded(request.model, vae)
        yield from pipeline(request, **{name: things[name] for name in things if name in wanted})

    def _one_by_one(self, request: PictureRequest, done: int) -> Iterator[Event]:
        """Do what is left of a request in the smallest pieces, in all the memory there is."""
        yield Started("memory ran out; painting the pictures one by one, without other models")
        self._make_room(self._room, but=request.model)
        _memory.free()
        try:
            for index in range(done, request.batch):
                for event in self._at_once(request.alone(index)):
                    yield replace(event, index=index) if isinstance(event, Finished) else event
        except UnderpaintError as error:
            yield Failed(error)
        except (MemoryError, RuntimeError) as error:
            if not _memory.ran_out(error):
                raise
            by = f" by {request.model!r}" if request.model else ""
            words = f"there is not enough memory for one such picture{by}"
            yield Failed(OutOfMemoryError(f"{words}; ask for a smaller one, or take another model"))

    @property
    def lines(self) -> Lines:
        """Where prompts find their wildcards' lines, as the files are now."""
        return folders(*(folder / WILDCARDS for folder in self.folders))

    def unload(self) -> None:
        """Let go of all models, and give back their memory."""
        self._models.clear()
        _memory.free()

    def model(self, name: str) -> Model:
        """Return a model, loaded if it was not yet or if its file has changed.

        Raises:
            ModelNotFoundError: there is no such model; lists those there are.
            WeightsError: its file is not acceptable, or no family knows it.
            StorageError: a folder cannot be read.
        """
        return at_once(self._loaded(name))

    def _loaded(self, name: str, vae: str = AUTOMATIC) -> Generator[Event, None, Model]:
        """Return a model with its autoencoder, saying so when it has to be loaded."""
        place = _models.find(name, self.folders)
        stage = _models.first_stage(vae, place, self.folders)
        key = place, place.stat().st_mtime_ns if isinstance(place, Path) else 0, stage
        if key not in self._models:
            yield Started(f"loading {name}")
            weights = self._weights(place, stage)
            size = _memory.taken(weights.shapes, self.dtype)
            self._make_room(size)
            model = self._built(place, weights)
            if self._runner is not None:
                yield Started(f"preparing {name}; the first time takes minutes for a large model")
                model.run_by(self._runner)
            self._models[key] = model, size
        self._models.move_to_end(key)
        return self._models[key][0]

    def _make_room(self, size: int, but: str = "") -> None:
        """Let go of the models unused for longest, until there is room for so many bytes."""
        for key, (model, _) in list(self._models.items()):
            held = sum(each for _, each in self._models.values())
            if held + size <= self._room:
                return
            if model.name != but:
                del self._models[key]

    def _weights(self, place: Path | str, stage: Path | None) -> Weights:
        made = isinstance(place, str)
        weights = catalog.entry(FAMILIES, place).weights() if made else checkpoint.read(place)
        return weights if stage is None else autoencoder.replaced(weights, stage)

    def _built(self, place: Path | str, weights: Weights) -> Model:
        id = place if isinstance(place, str) else family(weights.shapes, weights.name)
        module = catalog.entry(FAMILIES, id)
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


def _pipeline(request: PictureRequest) -> Pipeline:
    """Return what makes such things: the pipeline with the id of the request's module."""
    id = type(request).__module__.rpartition(".")[2]
    return catalog.entry(PIPELINES, id).generate
