"""The pictures of the page in the documentation, taken from the page itself with the real model.

UNDERPAINT_SCREENSHOTS=docs scripts/test -m slow tests/faces/web/test_screenshots.py
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from tests.faces.web.conftest import Desk, Server

if TYPE_CHECKING:
    from tests.faces.web.conftest import Opening

pytestmark = pytest.mark.slow


@pytest.fixture
def painter(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "out", engine="inline")
    server.start()
    yield server
    server.kill()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_doodle_beside_four_pictures(
    painter: Server, pages: "Opening", tmp_path: Path, scheme: str
) -> None:
    desk = Desk(pages(painter.url, color_scheme=scheme, locale="en-GB", height=860))
    desk.page.get_by_label("Seed", exact=True).first.fill("1")
    desk.generate(seconds=300)
    desk.page.locator(".words").evaluate("each => each.scrollTo(0, 0)")
    desk.page.mouse.move(5, 5)
    path = Path(os.environ.get("UNDERPAINT_SCREENSHOTS", tmp_path)) / f"studio-{scheme}.png"
    desk.page.screenshot(path=path)
    with Image.open(path) as picture:
        assert picture.size == (1440, 860)
        assert len(picture.convert("RGB").getcolors(2**24) or ()) > 1000
