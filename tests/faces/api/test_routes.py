"""All of our own calls together."""

from fastapi import FastAPI

from underpaint.faces.api.routes import router
from underpaint.studio.app import Studio


def test_every_part_is_there(studio: Studio) -> None:
    app = FastAPI()
    app.include_router(router(studio, list))
    paths = set(app.openapi()["paths"])
    for part in ("jobs", "events", "gallery", "models", "images/edits", "health"):
        assert f"/v1/{part}" in paths
    assert {"/health", "/metrics"} <= paths
