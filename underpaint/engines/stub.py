"""An engine that paints nothing worth seeing in no time, and misbehaves on request: for tests.

A word of the prompt is a switch: "!slow=0.5" makes each step take so many seconds; "!oom-once" runs
out of memory unless the batch is 1; and at the second step

    !hang    sleeps for ever                !crash    kills the process
    !busy    computes for ever              !fault    raises what nobody foresaw
    !block   the same in C, deaf to all     !fail     fails as a person can put right
    !oom     runs out of memory
"""

import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from underpaint import infotext
from underpaint.errors import OutOfMemoryError, RequestError, UnderpaintError
from underpaint.events import Event, Failed, Finished, Progress, Started
from underpaint.media import Image
from underpaint.requests._pictures import PictureRequest
from underpaint.requests.image import ImageRequest
from underpaint.requests.upscale import UpscaleRequest

__all__ = ["Engine"]

SIDE = 64
ROOM = 75
STEP_SECONDS = 0.0002


class Engine:
    """Runs requests here, each as far as its events are taken."""

    def __init__(self, folders: Sequence[Path] = (), **options: Any) -> None:
        """Take what every engine takes, and need none of it."""
        del folders, options
        self._loaded: set[str] = set()

    def run(self, request: PictureRequest) -> Iterator[Event]:
        """Do what a request asks, or what its switches say.

        Args:
            request: its seeds drawn.

        Yields:
            What a real engine would.
        """
        try:
            if isinstance(request, UpscaleRequest):
                yield from _enlarged(request)
            elif isinstance(request, ImageRequest):
                yield from self._run(request)
        except UnderpaintError as error:
            yield Failed(error)

    def answer(self, question: str, values: Mapping[str, Any]) -> object:
        """Answer as a real engine does, of words where it speaks of tokens, and know no files."""
        if question == "tokens":
            texts = {name: str(values[name]) for name in ("prompt", "negative")}
            return {"room": ROOM} | {name: [len(text.split())] for name, text in texts.items()}
        return {}

    def _run(self, request: ImageRequest) -> Iterator[Event]:
        switches = dict(_switch(word) for word in request.prompt.split() if word.startswith("!"))
        if request.model not in self._loaded:
            yield Started(f"loading {request.model}")
            self._loaded.add(request.model)
        if "oom-once" in switches and request.batch > 1:
            yield Started("memory ran out; painting the pictures one by one")

        pause = float(switches.get("slow") or STEP_SECONDS)
        total = request.steps * request.batch
        for index in range(request.batch):
            one = request.alone(index)
            picture = _painted(one)
            for step in range(request.steps):
                time.sleep(pause)
                if step == min(1, request.steps - 1):
                    _misbehave(switches)
                yield Progress(index * request.steps + step + 1, total, "", picture.resized(16, 16))
            text = infotext.write(one, model_hash="", model_name=request.model)
            yield Finished(
                picture.resized(request.width, request.height).with_text(text), index, one
            )


def _enlarged(request: UpscaleRequest) -> Iterator[Event]:
    picture = request.init
    if picture is not None:
        yield Progress(1, 1)
        size = request.size(picture.width, picture.height)
        yield Finished(picture.resized(*size).with_text(picture.text), 0, request)


def _switch(word: str) -> tuple[str, str]:
    name, _, value = word[1:].partition("=")
    return name, value


def _painted(request: ImageRequest) -> Image:
    """Return noise that is all the request's own."""
    if not request.variation_strength:
        request = replace(request, variation_seed=0)
    pixels = hashlib.shake_128(request.to_json().encode()).digest(SIDE * SIDE * 3)
    return Image("RGB", SIDE, SIDE, pixels)


def _misbehave(switches: Mapping[str, str]) -> None:
    for name, deed in _DEEDS.items():
        if name in switches:
            deed()


def _busy() -> None:
    while True:
        pass


def _block() -> None:
    re.fullmatch(r"(a+)+b", "a" * 64)


def _fault() -> None:
    raise ZeroDivisionError("the prompt says !fault")


def _fail() -> None:
    raise RequestError("the prompt says !fail; leave that out")


def _oom() -> None:
    raise OutOfMemoryError("there is not enough memory; the prompt says !oom")


_DEEDS: Mapping[str, Callable[[], object]] = MappingProxyType(
    {
        "hang": lambda: time.sleep(3600),
        "busy": _busy,
        "block": _block,
        "crash": lambda: os._exit(137),
        "fault": _fault,
        "fail": _fail,
        "oom": _oom,
    }
)
