"""`/ws/live`: the picture follows the brush. One slot for what comes in, and the latest wins.

The page sends, as text, `{"request": {...}}` with the fields of a request when they change, and
`{"keep": true}` when the picture of the next sketch shall be painted for the gallery, too; and, as
bytes, a revision (four bytes, the highest first) followed by the sketch as a PNG, JPEG or WebP
file.

It is sent, as text, `{"rev": 7, "age": 0.02, "dropped": 3}` when the first of a sketch is to be
seen, or `{"rev": 7, "error": "..."}`; and, as bytes, the revision (four), the step and the steps
(two each), and a JPEG. The picture is finished when both numbers are equal. A sketch that is
overtaken before it was begun is dropped, and a revision is never followed by an older one.
"""

import asyncio
import base64
import contextlib
import json
import secrets
import struct
import time
from dataclasses import dataclass
from typing import Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect

from underpaint.errors import UnderpaintError
from underpaint.events import Event, Failed, Finished, Progress
from underpaint.faces.api.jobs import requested
from underpaint.media import Image
from underpaint.requests.image import ImageRequest
from underpaint.studio.app import Studio

__all__ = ["router"]

CLIENT = "live"
MAX_FRAME = 4 * 2**20
QUALITY = 85

_HEAD = struct.Struct(">I")
_ANSWER = struct.Struct(">IHH")


@dataclass(frozen=True, slots=True)
class _Sketch:
    """A sketch that was offered.

    Attributes:
        rev: its revision.
        steps: how many its picture takes.
        at: when it came, of the monotonic clock.
    """

    rev: int
    steps: int
    at: float


def router(studio: Studio) -> APIRouter:
    """Return the socket.

    Args:
        studio: what paints.
    """
    routes = APIRouter()

    @routes.websocket("/ws/live")
    async def live(websocket: WebSocket) -> None:
        await websocket.accept()
        painter = _Painter(studio, websocket)
        showing = asyncio.create_task(painter.show())
        try:
            await painter.listen()
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            painter.close()
            showing.cancel()
            with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
                await showing

    return routes


class _Painter:
    """Who paints at one socket: what came in, and what of it is still to be seen."""

    def __init__(self, studio: Studio, websocket: WebSocket) -> None:
        self._studio = studio
        self._websocket = websocket
        self._live = studio.live()
        self._offered: dict[int, _Sketch] = {}
        self._values: dict[str, Any] = {}
        self._keep = False

    def close(self) -> None:
        self._live.close()

    async def listen(self) -> None:
        """Offer what comes in, until the caller leaves."""
        while (message := await self._websocket.receive())["type"] != "websocket.disconnect":
            data = message.get("bytes")
            if data is None:
                await self._told(message.get("text") or "")
            elif _HEAD.size < len(data) <= MAX_FRAME:
                await self._drawn(data)
            else:
                await self._say({"error": f"a sketch has at most {MAX_FRAME} bytes"})

    async def show(self) -> None:
        """Send what is to be seen, until there is no more."""
        begun = 0
        while not self._live.ended:
            for glimpse in await self._live.taken():
                sketch = self._offered[glimpse.number]
                if glimpse.number > begun:
                    begun = glimpse.number
                    await self._begin(sketch, begun)
                await self._send(sketch, glimpse.event)

    async def _begin(self, sketch: _Sketch, number: int) -> None:
        """Say that work on a sketch has begun, and forget those before it."""
        self._offered = {each: kept for each, kept in self._offered.items() if each >= number}
        age = round(time.monotonic() - sketch.at, 4)
        await self._say({"rev": sketch.rev, "age": age, "dropped": self._live.dropped})

    async def _send(self, sketch: _Sketch, event: Event) -> None:
        match event:
            case Progress(step=step, steps=steps, preview=Image() as preview):
                await self._show(sketch.rev, (step - 1, steps), preview)
            case Finished(media=Image() as picture):
                await self._show(sketch.rev, (sketch.steps, sketch.steps), picture)
            case Failed(error=error):
                await self._say({"rev": sketch.rev, "error": str(error)})
            case _:  # a model is loaded, or a step shows nothing
                pass

    async def _show(self, rev: int, steps: tuple[int, int], picture: Image) -> None:
        jpeg = await run_sync(picture.jpeg, QUALITY)
        await self._websocket.send_bytes(_ANSWER.pack(rev, *steps) + jpeg)

    async def _say(self, words: dict[str, Any]) -> None:
        await self._websocket.send_json(words)

    async def _told(self, text: str) -> None:
        """Take in what a text says."""
        said = _settings(text)
        if said is None:
            await self._say({"error": "a text must be JSON with request or keep"})
            return
        self._values = said.get("request", self._values)
        self._keep = bool(said.get("keep", self._keep))

    async def _drawn(self, data: bytes) -> None:
        """Offer a sketch; and hand it in as a job, when its picture shall be kept."""
        [rev], at = _HEAD.unpack(data[: _HEAD.size]), time.monotonic()
        try:
            request = await run_sync(self._request, data[_HEAD.size :])
            if self._keep:
                self._keep = False
                await run_sync(lambda: self._studio.submit(request, client=CLIENT))
            self._offered[self._live.offer(request)] = _Sketch(rev, request.steps, at)
        except UnderpaintError as error:
            await self._say({"rev": rev, "error": str(error)})

    def _request(self, sketch: bytes) -> ImageRequest:
        """Return what paints a sketch.

        Raises:
            RequestError: it is no picture, or a value is not allowed.
        """
        init = base64.b64encode(sketch).decode()
        request = requested(self._studio, "image", {**self._values, "batch": 1, "init": init}, {})
        return request.resolved(lambda: secrets.randbits(32))


def _settings(text: str) -> dict[str, Any] | None:
    """Return what a text says; None when it says nothing that we know."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    sound = isinstance(said, dict) and isinstance(said.get("request", {}), dict)
    return said if sound and {"request", "keep"} & set(said) else None
