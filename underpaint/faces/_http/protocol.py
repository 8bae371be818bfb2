"""HTTP/1.1 as uvicorn speaks it, with a limit to how long a request's head may take."""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["HEAD_SECONDS", "Prompt"]

HEAD_SECONDS = 10.0


class Prompt(H11Protocol):
    """Ends a connection whose request does not begin and end its head in time.

    Attributes:
        head_seconds: how long a head may take.
    """

    head_seconds = HEAD_SECONDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Begin as uvicorn does."""
        super().__init__(*args, **kwargs)
        self._timer: asyncio.TimerHandle | None = None
        self._upgraded = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Start the clock with the connection."""
        super().connection_made(transport)
        self._start()

    def data_received(self, data: bytes) -> None:
        """Start the clock with the first byte of every further request."""
        if self._timer is None and self._waits():
            self._start()
        super().data_received(data)
        if self._timer is not None and not self._waits():
            self._timer.cancel()
            self._timer = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Leave the connection to the WebSocket, for good."""
        self._upgraded = True
        super().handle_websocket_upgrade(event)

    def _start(self) -> None:
        self._timer = self.loop.call_later(self.head_seconds, self._late)

    def _waits(self) -> bool:
        """Return whether no request has come that is not answered yet."""
        return not self._upgraded and (self.cycle is None or self.cycle.response_complete)

    def _late(self) -> None:
        self._timer = None
        if self._waits() and not self.transport.is_closing():
            self.transport.close()
