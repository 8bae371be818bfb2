"""The worker process: `python -m underpaint.engines._process`, started by `engines.local`.

It does one request after the other and says what happens, and answers questions meanwhile. Told to
stop, it stops at once, in the midst of a step: between two operations of the networks. It ends when
its master does.
"""

import _thread
import contextlib
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import monotonic
from types import FrameType
from typing import Any, BinaryIO, Protocol

from underpaint import catalog
from underpaint.engines import _wire
from underpaint.errors import UnderpaintError, WorkError
from underpaint.events import Event, Failed, Progress
from underpaint.requests._pictures import PictureRequest

__all__ = ["main"]

ENGINES = "underpaint.engines"
BETWEEN_PREVIEWS = 0.1


class _Engine(Protocol):
    def run(self, request: PictureRequest) -> Iterator[Event]: ...

    def answer(self, question: str, values: Mapping[str, Any]) -> object: ...


class _Stopped(BaseException):
    """The master wants no more of this request."""


class _Worker:
    def __init__(self, orders: BinaryIO, replies: BinaryIO) -> None:
        self._orders, self._replies = orders, replies
        self._speaking = threading.Lock()
        self._work: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._questions: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._run = 0
        self._unwanted = -1
        self._may_stop = False
        self._shown = 0.0

    def serve(self) -> None:
        signal.signal(signal.SIGINT, self._interrupted)
        setup = _wire.receive(self._orders)
        if setup is None:
            return
        # First of all, so that a master who leaves while libraries are loaded is noticed.
        threading.Thread(target=self._listen, daemon=True).start()
        engine = _engine(setup[0])
        threading.Thread(target=self._answer_all, args=[engine], daemon=True).start()
        self._say({"ready": os.getpid()})
        while True:
            order = self._work.get()
            if "ask" in order:
                self._answer(engine, order)
            else:
                self._do(engine, order)

    def _listen(self) -> None:
        """Take orders; when nobody is left to give any, end the process."""
        while (message := _wire.receive(self._orders)) is not None:
            order = message[0]
            if "stop" in order:
                self._unwanted = order["stop"]  # and whatever was asked for before
                _interrupt()
            elif "ask" in order and not order["in_turn"]:
                self._questions.put(order)
            else:
                self._work.put(order)
        os._exit(0)

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        """Stop, if a request is being worked on that is not wanted; else it is seen later."""
        if self._may_stop and self._run <= self._unwanted:
            self._may_stop = False
            raise _Stopped

    def _do(self, engine: _Engine, order: dict[str, Any]) -> None:
        self._run = order["run"]
        try:
            for event in self._events(engine, order):
                words, pixels = _wire.encoded(self._sparing(event))
                self._say(words | {"run": self._run}, pixels)
        except _Stopped:
            pass
        self._say({"end": self._run})

    def _answer_all(self, engine: _Engine) -> None:
        """Answer what does not have to wait for its turn."""
        while True:
            self._answer(engine, self._questions.get())

    def _answer(self, engine: _Engine, order: dict[str, Any]) -> None:
        try:
            words: dict[str, Any] = {"said": engine.answer(order["question"], order["values"])}
        except UnderpaintError as error:
            words = _wire.error_words(error)
        except Exception as error:  # noqa: BLE001  as for a request
            words = _wire.error_words(_fault(error))
        self._say({"answer": order["ask"]} | words)

    def _say(self, words: Mapping[str, Any], pixels: bytes = b"") -> None:
        with self._speaking:
            _wire.send(self._replies, words, pixels)

    def _events(self, engine: _Engine, order: dict[str, Any]) -> Iterator[Event]:
        """Yield what the engine says; what it raises too, as an event."""
        try:
            events = iter(engine.run(_wire.request_from(order)))
            while (event := self._next(events)) is not None:
                yield event
        except UnderpaintError as error:
            yield Failed(error)
        except Exception as error:  # noqa: BLE001  the process goes on, the master is told
            yield Failed(_fault(error))

    def _next(self, events: Iterator[Event]) -> Event | None:
        """Return the next event; only while it is waited for may the work be interrupted."""
        self._may_stop = True
        try:
            if self._run <= self._unwanted:
                raise _Stopped
            return next(events, None)
        finally:
            self._may_stop = False

    def _sparing(self, event: Event) -> Event:
        """Return an event, a step without its preview when one was shown a moment ago."""
        if not isinstance(event, Progress) or event.preview is None:
            return event
        if monotonic() - self._shown < BETWEEN_PREVIEWS:
            return Progress(event.step, event.steps, event.stage)
        self._shown = monotonic()
        return event


def _interrupt() -> None:
    """Signal the main thread, so that it wakes even where it sleeps."""
    main = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main is not None:
        signal.pthread_kill(main, signal.SIGINT)
    else:
        _thread.interrupt_main()


def _fault(error: Exception) -> WorkError:
    """Return what is told of an error that nobody foresaw; its trace goes to the log."""
    traceback.print_exc()
    words = " ".join(str(error).split())[:300]
    return WorkError(f"{type(error).__name__}: {words} (a fault of ours)")


class _Refusing:
    """An engine that cannot work, and says why to whoever asks."""

    def __init__(self, error: UnderpaintError) -> None:
        self._error = error

    def run(self, request: PictureRequest) -> Iterator[Event]:
        del request
        yield Failed(self._error)

    def answer(self, question: str, values: Mapping[str, Any]) -> object:
        del question, values
        raise self._error


def _engine(setup: dict[str, Any]) -> _Engine:
    folders = [Path(folder) for folder in setup["folders"]]
    try:
        return catalog.entry(ENGINES, setup["engine"]).Engine(folders, **setup["options"])
    except UnderpaintError as error:
        return _Refusing(error)


def main() -> None:
    """Serve over the pipes that are standard input and output; prints go to standard error."""
    orders, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            _Worker(orders, replies).serve()
    except BrokenPipeError:
        os._exit(0)


if __name__ == "__main__":
    main()
