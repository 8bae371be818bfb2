"""`/ws/live`: the picture follows the brush. One slot for what comes in, and the latest wins.

The page sends, as text, `{"request": {...}}` with the fields of a request when they change, and
`{"keep": true}` when the next picture shall stay in the gallery; and, as bytes, a revision (four
bytes, the highest first) followed by the sketch as a PNG, JPEG or WebP file.

It is sent, as text, `{"rev": 7, "age": 0.02, "dropped": 3}` when work on a sketch begins, or
`{"rev": 7, "error": "..."}`; and, as bytes, the revision (four), the step and the steps (two
each), and a JPEG. The last step's is the finished picture. A sketch that is overtaken is dropped,
also in the midst of painting.
"""

import asyncio
import base64
import contextlib
import json
import struct
import time
from dataclasses import dataclass
from typing import Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect

from underpaint.errors import RequestError, UnderpaintError
from underpaint.faces.api.jobs import requested
from underpaint.media import Image
from underpaint.studio._feed import Feed
from underpaint.studio.app import Studio
from underpaint.studio.jobs import Job

__all__ = ["Frame", "Mailbox", "router"]

CLIENT, PRIORITY = "live", 100
MAX_FRAME = 4 * 2**20
QUALITY = 85

_HEAD = struct.Struct(">I")
_ANSWER = struct.Struct(">IHH")


@dataclass(frozen=True, slots=True)
class Frame:
    """A sketch as it came in.

    Attributes:
        rev: its revision; later ones are higher.
        data: the file.
        values: the fields of the request that it is to be painted with.
        keep: the picture shall stay.
        at: when it came, of the monotonic clock.
    """

    rev: int
    data: bytes
    values: dict[str, Any]
    keep: bool
    at: float


class Mailbox:
    """One slot: what is put in takes the place of what was not taken out.

    Attributes:
        dropped: how many were replaced since the last was taken.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self.dropped = 0
        self._frame: Frame | None = None
        self._there = asyncio.Event()

    @property
    def full(self) -> bool:
        """Whether there is something in it."""
        return self._frame is not None

    def put(self, frame: Frame) -> None:
        """Put a sketch in; an older one that is still there is dropped."""
        if self._frame is not None:
            self.dropped += 1
        self._frame = frame
        self._there.set()

    async def take(self) -> tuple[Frame, int]:
        """Return the sketch, once there is one, and how many it has replaced."""
        await self._there.wait()
        assert self._frame is not None
        frame, dropped = self._frame, self.dropped
        self._frame, self.dropped = None, 0
        self._there.clear()
        return frame, dropped


def router(studio: Studio) -> APIRouter:
    """Return the socket.

    Args:
        studio: what paints.
    """
    routes = APIRouter()

    @routes.websocket("/ws/live")
    async def live(websocket: WebSocket) -> None:
        await websocket.accept()
        mailbox = Mailbox()
        painting = asyncio.create_task(_paint(studio, websocket, mailbox))
        try:
            await _listen(websocket, mailbox)
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            painting.cancel()
            with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
                await painting

    return routes


async def _listen(websocket: WebSocket, mailbox: Mailbox) -> None:
    """Put what comes in into the mailbox, until the caller leaves."""
    values: dict[str, Any] = {}
    keep = False
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return
        data = message.get("bytes")
        if data is None:
            said = _settings(message.get("text") or "")
            if said is None:
                await websocket.send_json({"error": "a text must be JSON with request or keep"})
                continue
            values, keep = said.get("request", values), bool(said.get("keep", keep))
        elif not _HEAD.size < len(data) <= MAX_FRAME:
            await websocket.send_json({"error": f"a sketch has at most {MAX_FRAME} bytes"})
        else:
            [rev] = _HEAD.unpack(data[: _HEAD.size])
            mailbox.put(Frame(rev, data[_HEAD.size :], values, keep, time.monotonic()))
            keep = False


def _settings(text: str) -> dict[str, Any] | None:
    """Return what a text says; None when it says nothing that we know."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    sound = isinstance(said, dict) and isinstance(said.get("request", {}), dict)
    return said if sound and {"request", "keep"} & set(said) else None


async def _paint(studio: Studio, websocket: WebSocket, mailbox: Mailbox) -> None:
    """Paint the latest sketch, again and again."""
    feed = studio.events(None)
    try:
        while not feed.ended:
            frame, dropped = await mailbox.take()
            age = time.monotonic() - frame.at
            await websocket.send_json({"rev": frame.rev, "age": round(age, 4), "dropped": dropped})
            try:
                job = await run_sync(_submitted, studio, frame)
                await _followed(studio, websocket, mailbox, (feed, frame, job))
            except UnderpaintError as error:
                await websocket.send_json({"rev": frame.rev, "error": str(error)})
    finally:
        feed.close()


def _submitted(studio: Studio, frame: Frame) -> Job:
    """Return the job that paints a sketch, before all others.

    Raises:
        UnderpaintError: the sketch is no picture, or a value is not allowed.
    """
    sketch = base64.b64encode(frame.data).decode()
    request = requested(studio, "image", {**frame.values, "batch": 1, "init": sketch}, {})
    return studio.submit(request, client=CLIENT, priority=PRIORITY, front=True)


async def _followed(
    studio: Studio, websocket: WebSocket, mailbox: Mailbox, work: tuple[Feed, Frame, Job]
) -> None:
    """Send what a job paints, step by step; give it up when a newer sketch is there.

    Raises:
        UnderpaintError: it failed.
    """
    feed, frame, job = work
    try:
        while not studio.job(job.id).over and not mailbox.full:
            for notice in await feed.taken(0.1):
                step = notice.progress
                if notice.job == job.id and step is not None and step.preview is not None:
                    await _send(websocket, frame.rev, (step.step - 1, step.steps), step.preview)
    finally:
        over = studio.cancel(job.id)
    if over.error:
        raise RequestError(over.error)
    for id in over.pictures:
        picture: Image = await run_sync(studio.gallery.image, id)
        await _send(websocket, frame.rev, (over.request.steps, over.request.steps), picture)
        if not frame.keep:
            studio.gallery.delete(id)


async def _send(websocket: WebSocket, rev: int, steps: tuple[int, int], picture: Image) -> None:
    jpeg = await run_sync(picture.jpeg, QUALITY)
    await websocket.send_bytes(_ANSWER.pack(rev, *steps) + jpeg)
