"""The engine inside this process: what the command line and the library paint with."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from underpaint.engines import _machine, _models
from underpaint.engines._answers import Answers
from underpaint.engines._known import known
from underpaint.engines._machine import Place
from underpaint.engines._worker import Worker
from underpaint.events import Event, Failed
from underpaint.families._model import Model
from underpaint.families._openvino import OpenVino
from underpaint.pipelines import image
from underpaint.requests._pictures import PictureRequest
from underpaint.requests.image import ImageRequest

__all__ = ["Engine", "generate", "load"]


class Engine:
    """Runs requests here and now, one at a time, each as far as its events are taken."""

    def __init__(
        self,
        folders: Sequence[Path] = (),
        *,
        device: str = "auto",
        dtype: str = "auto",
        threads: int | None = None,
        memory: float | None = None,
    ) -> None:
        """Make ready; models are loaded when they are asked for.

        Args:
            folders: where models are looked for, besides the package.
            device: auto, cpu, cuda or openvino.
            dtype: auto, float32, bfloat16 or float16.
            threads: this process computes with so many; None = one a physical core.
            memory: GiB that loaded models may take together; None = half of what there is.

        Raises:
            RequestError: no such device or dtype here.
        """
        torch.set_num_threads(threads or _machine.threads())
        room = None if memory is None else int(memory * 2**30)
        self.worker = _worker(folders, _machine.place(device, dtype), memory=room)
        self._answers = Answers(self.worker)

    def run(self, request: PictureRequest) -> Iterator[Event]:
        """Do what a request asks; see `Worker.run`."""
        return self.worker.run(request)

    def suits(self, model: str) -> Mapping[str, object]:
        """Return what suits a model where a person does not say; see `Known`."""
        return known(_models.find(model, self.worker.folders)).suits

    def answer(self, question: str, values: Mapping[str, Any]) -> object:
        """Return the answer to a question; see `Answers`."""
        return self._answers.answer(question, values)

    def model(self, name: str) -> Model:
        """Return a loaded model; see `Worker.model`."""
        return self.worker.model(name)


def load(
    name: str = "mini",
    folders: Sequence[Path] = (),
    *,
    device: str = "auto",
    dtype: str = "auto",
) -> Model:
    """Return a model, to paint with more than once.

    Args:
        name: as listed by `underpaint models`.
        folders: where models are looked for, besides the package.
        device: auto, cpu, cuda or openvino.
        dtype: auto, float32, bfloat16 or float16.

    Raises:
        RequestError: no such device or dtype here.
        ModelNotFoundError: there is no such model; lists those there are.
        WeightsError: its file is not acceptable.
    """
    return _worker(folders, _machine.place(device, dtype)).model(name)


def generate(
    request: PictureRequest, model: Model | None = None, folders: Sequence[Path] = ()
) -> Iterator[Event]:
    """Make what a request asks for, as far as events are taken.

    Args:
        request: seeds of -1 are drawn; each `Finished` tells which.
        model: what paints, for an `ImageRequest`; None = the request's own, loaded for this call.
        folders: where models and other files are looked for, besides the package.

    Yields:
        `Started` when a model is loaded, `Progress` for each step, `Finished` for each picture.

    Raises:
        UnderpaintError: what stands in the way, in one sentence.
    """
    drawn = request.resolved(lambda: secrets.randbits(32))
    if model is not None:
        assert isinstance(drawn, ImageRequest), "only such requests are for one model to paint"
        yield from image.generate(drawn, model, folders=folders)
        return
    for event in _worker(folders, _machine.place("auto", "auto")).run(drawn):
        if isinstance(event, Failed):
            raise event.error
        yield event


def _worker(folders: Sequence[Path], place: Place, *, memory: int | None = None) -> Worker:
    runner = OpenVino(dtype=place.dtype) if place.openvino else None
    return Worker(folders, device=place.device, dtype=place.dtype, memory=memory, runner=runner)
