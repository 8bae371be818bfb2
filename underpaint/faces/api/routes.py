"""All of our own calls, as one router."""

from collections.abc import Callable, Sequence

from fastapi import APIRouter

from underpaint.faces.api import events, gallery, health, jobs, lists, live, openai, styles, tokens
from underpaint.studio.app import Studio

__all__ = ["router"]


def router(studio: Studio, meter: Callable[[], Sequence[str]]) -> APIRouter:
    """Return the calls.

    Args:
        studio: what does the work.
        meter: gives the lines about HTTP, in Prometheus' text format.
    """
    routes = APIRouter()
    for part in (
        jobs.router(studio),
        events.router(studio),
        gallery.router(studio),
        lists.router(studio),
        styles.router(studio),
        tokens.router(studio),
        openai.router(studio),
        live.router(studio),
        health.router(studio, meter),
    ):
        routes.include_router(part)
    return routes
