"""The engine inside this process: what the command line and the library paint with."""

import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch

from underpaint.engines import _machine
from underpaint.engines._worker import Worker
from underpaint.events import Event
from underpaint.families._model import Model
from underpaint.pipelines import image
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
            device: auto, cpu or cuda.
            dtype: auto, float32, bfloat16 or float16.
            threads: this process computes with so many; None = one a physical core.
            memory: GiB that loaded models may take together; None = half of what there is.

        Raises:
            RequestError: no such device or dtype here.
        """
        place = _machine.device(device)
        room = None if memory is None else int(memory * 2**30)
        self.worker = Worker(folders, device=place, dtype=_machine.dtype(dtype, place), memory=room)
        torch.set_num_threads(threads or _machine.threads())

    def run(self, request: ImageRequest) -> Iterator[Event]:
        """Do what a request asks; see `Worker.run`."""
        return self.worker.run(request)

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
        device: auto, cpu or cuda.
        dtype: auto, float32, bfloat16 or float16.

    Raises:
        RequestError: no such device or dtype here.
        ModelNotFoundError: there is no such model; lists those there are.
        WeightsError: its file is not acceptable.
    """
    place = _machine.device(device)
    return Worker(folders, device=place, dtype=_machine.dtype(dtype, place)).model(name)


def generate(request: ImageRequest, model: Model | None = None) -> Iterator[Event]:
    """Paint what a request asks for, as far as events are taken.

    Args:
        request: seeds of -1 are drawn; each `Finished` tells which.
        model: what paints; None = the request's own, loaded for this call.

    Yields:
        `Progress` for each step and `Finished` for each picture.

    Raises:
        UnderpaintError: what stands in the way, in one sentence.
    """
    drawn = request.resolved(lambda: secrets.randbits(32))
    yield from image.generate(drawn, load(drawn.model) if model is None else model)
