"""Ctrl-C: stops at once while painting, and waits while a finished picture is being kept."""

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Self


class Interruption:
    """While entered, notes the first Ctrl-C and raises KeyboardInterrupt for it.

    Attributes:
        heard: Ctrl-C was pressed. Some libraries turn the KeyboardInterrupt into an error of
            their own, which is then no error.
    """

    def __init__(self) -> None:
        """Prepare; nothing changes until entered."""
        self.heard = False
        self._holding = False
        self._before: object = None

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._before = signal.signal(signal.SIGINT, self._hear)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the signal as it was."""
        signal.signal(signal.SIGINT, self._before)  # pyright: ignore[reportArgumentType]

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Let what is inside come to its end before a Ctrl-C counts."""
        self._holding = True
        try:
            yield
        finally:
            self._holding = False
        if self.heard:
            raise KeyboardInterrupt

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self.heard = True
        if not self._holding:
            raise KeyboardInterrupt
