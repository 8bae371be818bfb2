"""A studio that paints nothing worth seeing in no time, and callers of its server."""

import base64
from collections.abc import Iterator
from pathlib import Path

import numpy
import pytest
from starlette.testclient import TestClient

from underpaint.faces._http.guard import Door
from underpaint.faces._http.server import server
from underpaint.media import Image
from underpaint.studio.app import Settings, Studio

TOKEN = "a-token-of-this-start"
BASE = "http://127.0.0.1:7860"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """Run a studio with the stub engine."""
    outputs: Path = tmp_path_factory.mktemp("outputs")
    styles = outputs / "styles.csv"
    with Studio(Settings(outputs=outputs, models=(), styles=styles, engine="stub")) as running:
        yield running


@pytest.fixture(scope="module")
def script(studio: Studio) -> TestClient:
    """Call the server as a program on this machine does, that knows no token."""
    app = server(studio, Door(port=7860, token=TOKEN))
    return TestClient(app, base_url=BASE, client=("127.0.0.1", 50_000))


@pytest.fixture(scope="module")
def page(studio: Studio) -> TestClient:
    """Call the server as our own page does."""
    app = server(studio, Door(port=7860, token=TOKEN))
    headers = {"X-Underpaint-Token": TOKEN, "Origin": BASE, "Sec-Fetch-Site": "same-origin"}
    return TestClient(app, base_url=BASE, client=("127.0.0.1", 50_000), headers=headers)


@pytest.fixture
def sketch() -> Image:
    """Return a picture of noise."""
    levels = numpy.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=numpy.uint8)
    return Image.of(levels)


@pytest.fixture
def sketch64(sketch: Image) -> str:
    """Return the picture in base64."""
    return base64.b64encode(sketch.png()).decode()
