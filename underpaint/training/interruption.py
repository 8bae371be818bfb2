"""Ctrl-C and SIGTERM as a question to ask between steps, so that nothing stops halfway."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Self

__all__ = ["Interruption"]


class Interruption:
    """While entered, turns the first SIGINT or SIGTERM into `asked`; a second one does its work.

    Signals reach the main thread only; in any other, whoever started the thread stops the run by
    no longer asking it for events.
    """

    def __init__(self) -> None:
        """Prepare; nothing changes until entered."""
        self.asked = ""
        self._before: dict[int, object] = {}

    def __enter__(self) -> Self:
        """Begin to listen."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._heard)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the signals as they were."""
        for number in list(self._before):
            self._restore(number)

    def obey(self) -> None:
        """Let the signal do what it would have done at once; call it when nothing is lost by it."""
        if self.asked:
            signal.raise_signal(signal.Signals[self.asked])

    def _heard(self, number: int, frame: FrameType | None) -> None:
        self.asked = signal.Signals(number).name
        self._restore(number)

    def _restore(self, number: int) -> None:
        before = self._before.pop(number, None)
        signal.signal(number, signal.SIG_DFL if before is None else before)  # pyright: ignore[reportArgumentType]
