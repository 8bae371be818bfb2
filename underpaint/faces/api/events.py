"""`/v1/events`: what happens, as it happens; by server-sent events and by WebSocket.

Each event but progress has a sequence number, and whoever was away asks for what came after the
last one: `Last-Event-ID` does it for a browser, `?after=` for everybody.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query, WebSocket
from fastapi.responses import StreamingResponse
from starlette.websockets import WebSocketDisconnect

from underpaint.faces.api.views import NoticeView
from underpaint.studio.app import Studio

__all__ = ["router"]

KEEP_ALIVE = 15.0

After = Annotated[
    int | None,
    Query(ge=0, le=2**53, description="The last sequence number seen; absent for what comes now."),
]
LastEvent = Annotated[str | None, Header(alias="Last-Event-ID", max_length=32)]


def router(studio: Studio) -> APIRouter:
    """Return the two streams.

    Args:
        studio: whose events.
    """
    routes = APIRouter(prefix="/v1/events", tags=["Events"])

    @routes.get(
        "",
        summary="Events as they happen, until the caller leaves",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
    )
    async def stream(after: After = None, last: LastEvent = None) -> StreamingResponse:
        if last is not None and last.isascii() and last.isdecimal():
            after = int(last)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(
            _lines(studio, after), media_type="text/event-stream", headers=headers
        )

    @routes.websocket("")
    async def socket(websocket: WebSocket, after: After = None) -> None:
        await websocket.accept()
        sending = asyncio.create_task(_sent(studio, websocket, after))
        try:
            while True:  # nothing is expected; a message only tells that the caller is there
                await websocket.receive()
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
                await sending

    return routes


async def _lines(studio: Studio, after: int | None) -> AsyncIterator[str]:
    """Yield server-sent events; a remark when nothing happened for a while."""
    feed = studio.events(after)
    yield "retry: 1000\n\n"
    try:
        while not feed.ended:
            for notice in await feed.taken(KEEP_ALIVE) or (None,):
                if notice is None:
                    yield ": still here\n\n"
                    continue
                id = f"id: {notice.sequence}\n" if notice.sequence else ""
                data = NoticeView.of(notice).model_dump_json()
                yield f"{id}event: {notice.what}\ndata: {data}\n\n"
    finally:
        feed.close()


async def _sent(studio: Studio, websocket: WebSocket, after: int | None) -> None:
    """Send the events, each as one text of JSON."""
    feed = studio.events(after)
    try:
        while not feed.ended:
            for notice in await feed.taken(KEEP_ALIVE):
                await websocket.send_text(NoticeView.of(notice).model_dump_json())
        await websocket.close(1001)
    finally:
        feed.close()
