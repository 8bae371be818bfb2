"""The server as a whole: all faces over one studio, behind the shield."""

import html
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from underpaint.faces._http import replies
from underpaint.faces._http.guard import Door
from underpaint.faces._http.meter import Meter
from underpaint.faces._http.shield import Limits, Shield
from underpaint.faces.a1111 import routes as a1111
from underpaint.faces.api import routes as api
from underpaint.studio.app import Studio

__all__ = ["app", "server"]

PAGE = Path(__file__).parent.parent / "web" / "static"

_ABOUT = (
    "The HTTP API of underpaint: its own under /v1, and those that other programs' clients know."
)


def server(
    studio: Studio,
    door: Door,
    *,
    flags: Mapping[str, Any] | None = None,
    stop: Callable[[], None] | None = None,
    limits: Limits | None = None,
) -> ASGIApp:
    """Return what answers on a port.

    Args:
        studio: what does the work; started and stopped by the caller.
        door: who may come in.
        flags: of the command line, by A1111's names.
        stop: ends the server, when callers may do that.
        limits: None = the usual ones.
    """
    meter = Meter()
    return Shield(app(studio, meter, flags or {}, stop), door=door, meter=meter, limits=limits)


def app(
    studio: Studio,
    meter: Meter,
    flags: Mapping[str, Any],
    stop: Callable[[], None] | None = None,
) -> FastAPI:
    """Return all faces, without the shield.

    Args:
        studio: what does the work.
        meter: what was answered so far.
        flags: of the command line, by A1111's names.
        stop: ends the server, when callers may do that.
    """
    whole = FastAPI(
        title="underpaint",
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        responses=replies.RESPONSES,
    )
    replies.add_to(whole)
    whole.include_router(api.router(studio, meter.lines))
    whole.include_router(a1111.router(studio, flags, stop))

    @whole.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(_listed(whole.openapi()))

    if PAGE.is_dir():
        whole.mount("/", GZipMiddleware(StaticFiles(directory=PAGE, html=True)))
    return whole


def _listed(description: Mapping[str, Any]) -> str:
    """Return a page that lists the calls; without scripts, for none may come from elsewhere."""
    rows = (
        f"<tr><td>{method.upper()}</td><td><code>{html.escape(path)}</code></td>"
        f"<td>{html.escape(str(call.get('summary', '')))}</td></tr>"
        for path, calls in description["paths"].items()
        for method, call in calls.items()
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>underpaint: the API</title>'
        f"<h1>The API</h1><p>{html.escape(_ABOUT)}</p>"
        '<p>As a description for programs: <a href="/openapi.json">openapi.json</a></p>'
        f"<table>{''.join(rows)}</table></html>"
    )
