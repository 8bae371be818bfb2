"""All of A1111's calls, as one router."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, BackgroundTasks

from underpaint.faces.a1111 import controlnet, extras, files, lists, painting, state
from underpaint.faces.a1111.calls import Desk
from underpaint.studio.app import Studio

__all__ = ["router"]

GRADIO = "3.41.2"


def router(
    studio: Studio, flags: Mapping[str, Any], stop: Callable[[], None] | None = None
) -> APIRouter:
    """Return the calls.

    Args:
        studio: what does the work.
        flags: of the command line, by A1111's names, for who asks.
        stop: ends the server; None = callers may not.
    """
    routes, desk = APIRouter(), Desk(studio)
    for part in (
        painting.router(desk),
        state.router(desk),
        state.internal(desk),
        lists.router(studio, flags),
        files.router(studio),
        extras.router(desk),
        controlnet.router(studio),
        _page(),
    ):
        routes.include_router(part)
    if stop is not None:
        routes.include_router(_endings(stop))
    return routes


def _page() -> APIRouter:
    """Return what Gradio answers about the page: clients look for components, and find none."""
    routes = APIRouter(tags=["A1111: page"])

    @routes.get("/config", summary="The components of A1111's page: none")
    async def config() -> dict[str, Any]:
        lists: dict[str, list[Any]] = {"components": [], "dependencies": []}
        return {"version": GRADIO, "mode": "blocks", "title": "underpaint"} | lists

    @routes.get("/info", summary="The calls that Gradio knows: none")
    async def info() -> dict[str, dict[str, Any]]:
        return {"named_endpoints": {}, "unnamed_endpoints": {}}

    return routes


def _endings(stop: Callable[[], None]) -> APIRouter:
    routes = APIRouter(prefix="/sdapi/v1", tags=["A1111: state"])

    async def end(after: BackgroundTasks) -> dict[str, Any]:
        after.add_task(stop)
        return {}

    for name in ("server-kill", "server-stop"):
        routes.add_api_route(f"/{name}", end, methods=["POST"], summary="End the server")
    return routes
