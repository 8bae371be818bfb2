"""The engine in a process of its own, watched: what it does cannot take the program down with it.

A worker that dies, or says nothing for too long, is replaced, and the request ends with
`CrashError`. This module imports no torch, nor does anything that it imports: only the worker does.
"""

import contextlib
import itertools
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from types import MappingProxyType
from typing import Any, BinaryIO, cast

from underpaint.engines import _wire
from underpaint.errors import CrashError, DeadlineError
from underpaint.events import Event, Failed, Progress
from underpaint.requests._pictures import PictureRequest

__all__ = ["Engine", "Patience"]

A_GLANCE, A_WHILE = 0.02, 20.0
STEPS_OF_SILENCE = 20


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a worker may be silent.

    Attributes:
        first: seconds before the first step, when a model may have to be loaded.
        between: seconds after it; or twenty steps, if that is longer.
        grace: seconds to stop in, once told to.
    """

    first: float = 600.0
    between: float = 60.0
    grace: float = 10.0


class Engine:
    """Runs requests in a worker process, one at a time, each as far as its events are taken."""

    def __init__(
        self,
        folders: Sequence[Path] = (),
        *,
        inside: str = "inline",
        options: Mapping[str, Any] | None = None,
        patience: Patience | None = None,
    ) -> None:
        """Make ready; the process starts with `start`, or with the first request.

        Args:
            folders: where models are looked for, besides the package.
            inside: the engine that the worker process runs.
            options: of that engine; what JSON can say.
            patience: how long the worker may be silent.
        """
        self._setup = {
            "engine": inside,
            "folders": [str(folder) for folder in folders],
            "options": dict(options or {}),
        }
        self._patience = patience or Patience()
        self._process: _Process | None = None
        self._starting = threading.Lock()
        self._runs = 0

    @property
    def pid(self) -> int | None:
        """The number of the worker process; None when there is none."""
        process = self._process
        return process.pid if process and process.alive else None

    @property
    def ready(self) -> bool:
        """Whether the worker's libraries are loaded, so that it can begin at once."""
        return self._process is not None and self._process.alive and self._process.ready

    def start(self) -> None:
        """Start the worker process, if none is there; it gets ready while this returns.

        Raises:
            CrashError: it cannot be started.
        """
        with self._starting:
            if self._process is not None and not self._process.alive:
                self._process.end(0)
                self._process = None
            if self._process is None:
                self._process = _Process(self._setup)

    def run(
        self, request: PictureRequest, halted: Callable[[], bool] = lambda: False
    ) -> Iterator[Event]:
        """Do what a request asks.

        Args:
            request: its seeds drawn.
            halted: asked many times a second whether to stop; then the events end.

        Yields:
            What the engine inside says; `Failed` with `CrashError` when the worker died or had
            to be ended.
        """
        self.start()
        process = cast(_Process, self._process)
        self._runs += 1
        run, ended = self._runs, False
        try:
            process.say({"run": run} | _wire.request_words(request))
            ended = yield from self._events(process, run, request, halted=halted)
        finally:
            if not ended:
                self._halt(process, run)

    def ask(
        self,
        question: str,
        values: Mapping[str, Any] = MappingProxyType({}),
        *,
        in_turn: bool = False,
        patience: float = A_WHILE,
    ) -> object:
        """Return what the worker answers to a question, from any thread.

        Args:
            question: of those that `engines._answers` knows.
            values: what it is about; what JSON can say.
            in_turn: it is answered between requests, in the order they come, not at once.
            patience: seconds to wait for the answer; a worker that gets ready needs some.

        Raises:
            UnderpaintError: why there is no answer.
            DeadlineError: there was none in time.
            CrashError: the worker cannot be started, or died.
        """
        self.start()
        process = cast(_Process, self._process)
        order = {"question": question, "values": dict(values), "in_turn": in_turn}
        words = process.ask(order, patience)
        if "error" in words:
            raise _wire.error_from(words)
        return words["said"]

    def stop(self) -> None:
        """End the worker process; one that is still getting ready has nothing to end well."""
        with self._starting:
            if self._process is not None:
                self._process.end(self._patience.grace if self._process.ready else 0)
                self._process = None

    def _events(
        self, process: "_Process", run: int, request: PictureRequest, *, halted: Callable[[], bool]
    ) -> Generator[Event, None, bool]:
        """Yield what the worker says of a run; returns whether it has said the last of it."""
        watch = _Watch(self._patience)
        while not halted():
            if (message := process.hear(A_GLANCE)) is None:
                if not process.alive and not process.waiting:
                    yield Failed(CrashError(f"the worker process died: {process.death()}"))
                    return True
                if watch.silent():
                    process.end(0)
                    words = f"the worker process said nothing for {watch.limit:.0f} s"
                    yield Failed(CrashError(f"{words} and was ended"))
                    return True
                continue
            if message[0].get("end") == run:
                return True
            if message[0].get("run") == run:
                try:
                    event = _wire.decoded(message, request)
                except ValueError as error:
                    process.end(0)
                    yield Failed(CrashError(str(error)))
                    return True
                watch.heard(event)
                yield event
        return False

    def _halt(self, process: "_Process", run: int) -> None:
        """Have the worker stop; one that does not, in time, is ended.

        One that is still getting ready will pass the run over, and need not be waited for.
        """
        process.say({"stop": run})
        if not process.ready:
            return
        until = time.monotonic() + self._patience.grace
        while process.alive and time.monotonic() < until:
            message = process.hear(A_GLANCE)
            if message is not None and message[0].get("end") == run:
                return
        process.end(0)


@dataclass(slots=True)
class _Watch:
    """How long the worker has been silent, and how long it may."""

    patience: Patience
    _last: float = field(default_factory=time.monotonic)
    _steps: list[float] = field(default_factory=list[float])

    @property
    def limit(self) -> float:
        if not self._steps:
            return max(self.patience.first, self.patience.between)
        return max(self.patience.between, STEPS_OF_SILENCE * median(self._steps[-50:]))

    def heard(self, event: Event) -> None:
        now = time.monotonic()
        if isinstance(event, Progress):
            self._steps.append(now - self._last)
        self._last = now

    def silent(self) -> bool:
        return time.monotonic() - self._last > self.limit


class _Process:
    """A worker process, and the thread that reads what it says."""

    def __init__(self, setup: Mapping[str, Any]) -> None:
        self.ready = False
        self._speaking = threading.Lock()
        self._asked = itertools.count()
        self._answers: dict[int, queue.SimpleQueue[dict[str, Any]]] = {}
        self._said: queue.SimpleQueue[_wire.Message] = queue.SimpleQueue()
        try:
            self._child = subprocess.Popen(
                [sys.executable, "-m", f"{__package__}._process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=_environment(),
                start_new_session=os.name != "nt",
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        except OSError as error:
            raise CrashError(f"the worker process cannot be started: {error.strerror}") from error
        self._orders = cast(BinaryIO, self._child.stdin)
        self._replies = cast(BinaryIO, self._child.stdout)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.say(setup)

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def alive(self) -> bool:
        return self._child.poll() is None

    @property
    def waiting(self) -> bool:
        """Whether there is something that it said and nobody has heard."""
        return self._reader.is_alive() or not self._said.empty()

    def say(self, words: Mapping[str, Any]) -> None:
        """Say something; if it is dead, that shows when nothing is heard."""
        with self._speaking, contextlib.suppress(OSError, ValueError):
            _wire.send(self._orders, words)

    def ask(self, order: Mapping[str, Any], patience: float) -> dict[str, Any]:
        """Return what it answers.

        Raises:
            DeadlineError: nothing, for so many seconds.
            CrashError: it died.
        """
        number = next(self._asked)
        answer = self._answers[number] = queue.SimpleQueue[dict[str, Any]]()
        try:
            self.say({"ask": number, **order})
            until = time.monotonic() + patience
            while self._reader.is_alive() or not answer.empty():
                with contextlib.suppress(queue.Empty):
                    return answer.get(timeout=A_GLANCE)
                if time.monotonic() > until:
                    raise DeadlineError(f"the worker process gave no answer for {patience:g} s")
            raise CrashError("the worker process died before it answered")
        finally:
            del self._answers[number]

    def hear(self, timeout: float) -> _wire.Message | None:
        """Return what it said next; None when that is nothing, for so many seconds."""
        try:
            return self._said.get(timeout=timeout)
        except queue.Empty:
            return None

    def death(self) -> str:
        """Return how it died, in words."""
        code = self._child.wait()
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    def end(self, grace: float) -> None:
        """End it: it may do so itself for so many seconds, and is killed then."""
        with contextlib.suppress(OSError):
            self._orders.close()
        try:
            if grace <= 0:
                raise subprocess.TimeoutExpired("", grace)
            self._child.wait(grace)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._reader.join()
        self._replies.close()

    def _read(self) -> None:
        """Read until it is dead; one that talks nonsense has to die."""
        with contextlib.suppress(OSError, ValueError):
            while (message := _wire.receive(self._replies)) is not None:
                if "ready" in message[0]:
                    self.ready = True
                elif "answer" in message[0]:
                    self._answered(message[0])
                else:
                    self._said.put(message)
        self._child.kill()

    def _answered(self, words: dict[str, Any]) -> None:
        """Hand an answer to who waits for it, if he still does."""
        if (waiting := self._answers.get(words["answer"])) is not None:
            waiting.put(words)


def _environment() -> dict[str, str]:
    """Return the worker's environment: it finds the modules that we find, and asks no network."""
    path = os.pathsep.join(place for place in sys.path if place)
    # Threads that wait by spinning take the cores from those that they wait for.
    usual = {"OMP_WAIT_POLICY": "PASSIVE"} | os.environ
    return usual | {"PYTHONPATH": path, "HF_HUB_OFFLINE": "1"}
