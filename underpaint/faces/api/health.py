"""`/health` and `/metrics`: for people and machines that watch over the studio."""

from collections.abc import Callable, Sequence

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from underpaint.studio.app import Health, Studio

__all__ = ["router"]

TEXT = "text/plain; version=0.0.4; charset=utf-8"


def router(studio: Studio, meter: Callable[[], Sequence[str]]) -> APIRouter:
    """Return the two calls.

    Args:
        studio: what is watched.
        meter: gives the lines about HTTP, in Prometheus' text format.
    """
    routes = APIRouter(tags=["Health"])

    @routes.get("/health", summary="Whether the server answers; anybody may ask")
    async def alive() -> dict[str, str]:
        return {"status": "ok"}

    @routes.get("/v1/health", summary="How the studio is")
    def health() -> Health:
        return studio.health()

    @routes.get(
        "/metrics",
        summary="Numbers about the studio, for Prometheus",
        response_class=PlainTextResponse,
    )
    def metrics() -> PlainTextResponse:
        return PlainTextResponse("\n".join([*_jobs(studio), *meter(), ""]), media_type=TEXT)

    return routes


def _jobs(studio: Studio) -> list[str]:
    name = "underpaint_jobs"
    counts = sorted(studio.health().jobs.items())
    return [
        f"# TYPE {name} gauge",
        *(f'{name}{{state="{state}"}} {count}' for state, count in counts),
    ]
