"""The pictures of the page in the documentation, taken from the page itself with the real model.

UNDERPAINT_SCREENSHOTS=docs scripts/test -m slow tests/faces/web/test_screenshots.py
"""

import io
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

MOST = 250_000


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
    with Image.open(io.BytesIO(desk.page.screenshot())) as picture:
        assert picture.size == (1440, 860)
        shown = picture.convert("RGB")
    assert len(shown.getcolors(2**24) or ()) > 1000

    # Every third level of each channel: nobody sees it, and a picture packs into far less.
    path = Path(os.environ.get("UNDERPAINT_SCREENSHOTS", tmp_path)) / f"studio-{scheme}.png"
    shown.point(lambda level: round(level / 3) * 3).save(path, optimize=True)  # pyright: ignore[reportArgumentType]
    assert path.stat().st_size <= MOST
