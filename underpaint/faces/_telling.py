"""How events are told: as a bar on a terminal, as plain lines elsewhere, as JSON for programs."""

import dataclasses
import json
import sys
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

from underpaint import files
from underpaint.events import Event, Failed, Finished, Progress, Started
from underpaint.faces._interruption import Interruption
from underpaint.media import Image
from underpaint.requests._fields import Request, fields
from underpaint.training.events import Learned, Noted

MINUTE = 60.0


class Teller(AbstractContextManager["Teller"], Protocol):
    """Tells one run's events to a person or a program."""

    def tell(self, event: Event, path: Path | None = None) -> None:
        """Tell an event.

        Args:
            event: what happened.
            path: the file that a finished picture was kept in.
        """
        ...


def teller(work: str, *, as_json: bool) -> Teller:
    """Return who tells the events of this run, given where it is told.

    Args:
        work: what is done, for people: "painting 4 pictures".
        as_json: one JSON line an event, to standard output.
    """
    if as_json:
        return Lines()
    console = Console(stderr=True)
    return Bar(console, work) if console.is_terminal else Plain(work)


def tell(events: Iterable[Event], teller: Teller, out: Path, interruption: Interruption) -> None:
    """Tell all events of a run, and keep each finished picture in a numbered file.

    Args:
        events: of the run; leaving it off stops it.
        teller: who tells them.
        out: the folder for pictures, which exists.
        interruption: held while a picture is being kept.

    Raises:
        UnderpaintError: the run failed, or a picture cannot be kept.
    """
    with teller:
        for event in events:
            if isinstance(event, Finished):
                with interruption.held():
                    stem, data = event.request.stem, event.media.png()
                    teller.tell(event, files.add(out, stem, ".png", data))
                continue
            teller.tell(event)
            if isinstance(event, Failed):
                raise event.error


class Lines(Teller):
    """Each event as one line of JSON on standard output."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing is left to say."""

    def tell(self, event: Event, path: Path | None = None) -> None:
        """Write the line at once."""
        sys.stdout.write(as_line(event, path) + "\n")
        sys.stdout.flush()


class Plain(Teller):
    """Lines for people who read them later: the beginning, the end, and each minute between."""

    def __init__(self, work: str) -> None:
        """Begin to count pictures and time.

        Args:
            work: what is done, in words.
        """
        self._work, self._pictures = work, 0
        self._start = time.monotonic()
        self._told: float | None = None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Say how many pictures there are, if it came to that."""
        if self._pictures:
            passed = time.monotonic() - self._start
            _write(f"{counted(self._pictures, 'picture')} in {passed:.1f} s")

    def tell(self, event: Event, path: Path | None = None) -> None:
        """Write what a person would want to know afterwards."""
        if isinstance(event, Started):
            _write(event.what)
        elif isinstance(event, Progress):
            self._step(event)
        elif isinstance(event, Finished):
            self._pictures += 1
            say_path(path)

    def _step(self, event: Progress) -> None:
        """Write that the work has begun, unless its stage was told, and then a step a minute."""
        now = time.monotonic()
        if self._told is None:
            self._told = now
            if not event.stage:
                _write(self._work)
        elif now - self._told >= MINUTE:
            _write(step_words(event, self._work))
            self._told = now


class Bar(Teller):
    """A bar with the time left, gone when the work is done; paths on standard output."""

    def __init__(self, console: Console, work: str) -> None:
        """Make the bar; it shows once entered.

        Args:
            console: standard error.
            work: what is done, in words.
        """
        self._work = work
        self._progress = RichProgress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            # Were standard output a file, rich would write to the screen what is meant for it.
            redirect_stdout=sys.stdout.isatty(),
        )
        self._task = self._progress.add_task(work, total=None)

    def __enter__(self) -> Self:
        """Show the bar."""
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the bar away."""
        self._progress.stop()

    def tell(self, event: Event, path: Path | None = None) -> None:
        """Move the bar, or write a line above it."""
        if isinstance(event, Noted):
            self._progress.console.print(event.what, markup=False, highlight=False)
        elif isinstance(event, Started):
            self._progress.update(self._task, description=event.what)
        elif isinstance(event, Progress):
            self._progress.update(
                self._task,
                description=step_words(event, self._work, counted=False),
                completed=event.step,
                total=event.steps,
            )
        elif isinstance(event, Finished):
            say_path(path)


def step_words(event: Progress, work: str, *, counted: bool = True) -> str:
    """Return where the work is, in words: "training mini 1200/40000, loss 0.1234"."""
    words = event.stage or work
    words = f"{words} {event.step}/{event.steps}" if counted else words
    return f"{words}, loss {event.loss:.4f}" if isinstance(event, Learned) else words


def _write(words: str) -> None:
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


def say_path(path: Path | None) -> None:
    """Write the path of a kept file on standard output, at once."""
    sys.stdout.write(f"{path}\n")
    sys.stdout.flush()


def as_line(event: Event, path: Path | None = None) -> str:
    """Return an event as one line of JSON, its pictures left out: they are in files.

    Args:
        event: what happened.
        path: the file that a finished picture was kept in.
    """
    line: dict[str, object] = {"event": type(event).__name__.lower()}
    for field in dataclasses.fields(event):
        value = getattr(event, field.name)
        if isinstance(value, Request):
            said = json.loads(value.to_json())
            pictures = {part.name for part in fields(type(value)) if part.kind is Image}
            line[field.name] = {name: said[name] for name in said if name not in pictures}
        elif isinstance(value, Exception):
            line |= {"error": str(value), "kind": type(value).__name__}
        elif not isinstance(value, Image) and field.name != "preview":
            line[field.name] = value
    if path is not None:
        line["path"] = str(path)
    return json.dumps(line, ensure_ascii=False)


def counted(count: int, noun: str) -> str:
    """Return "1 picture" or "4 pictures"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
