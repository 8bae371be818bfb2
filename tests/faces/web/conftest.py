"""A studio with the stub engine in a process of its own, and a browser that uses its page.

The browser is Debian's Chromium, driven by Playwright; without either, these tests are skipped.
"""

import base64
import io
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FloatRect, Locator, Page

    Opening = Callable[..., Page]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
ROOT = Path(__file__).parents[3]


@dataclass
class Server:
    """A studio on a port of this machine.

    Attributes:
        out: where its pictures are.
        url: the page's address, with the key; "" while it does not run.
        port: where it stands; the same after a restart.
        engine: what paints: "stub", or "inline" for the real thing.

    Styles and models are kept beside the pictures.
    """

    out: Path
    url: str = ""
    port: int = 0
    engine: str = "stub"
    process: subprocess.Popen[str] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start, and wait until it says where it is."""
        command = [sys.executable, "-m", "underpaint", "studio", "--port", str(self.port)]
        self.process = subprocess.Popen(
            [*command, "--out", str(self.out), *self._beside()],
            cwd=ROOT,
            env=os.environ | {"UNDERPAINT_ENGINE": self.engine, "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)/\?t=\S+", line):
                self.url, self.port = found[0], int(found[1])
                return
        raise AssertionError("the studio did not start")

    def _beside(self) -> list[str]:
        folder = self.out.parent
        return ["--styles", str(folder / "styles.csv"), "--models", str(folder / "models")]

    def put(self, place: str, data: bytes = b"") -> None:
        """Put a file into the folder of models."""
        path = self.out.parent / "models" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def kill(self) -> None:
        """End it without a warning, its worker too."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            if self.process.stdout is not None:
                self.process.stdout.close()
            self.process = None


def pixel(picture: Image.Image, x: int, y: int) -> tuple[int, ...]:
    """Return a pixel's channels."""
    found = picture.convert("RGBA" if picture.mode == "RGBA" else "RGB").getpixel((x, y))
    assert isinstance(found, tuple)
    return found


def box(place: "Locator") -> "FloatRect":
    """Return where a part of the page is on the screen."""
    found = place.bounding_box()
    assert found is not None
    return found


class Desk:
    """The page, by what a person does on it."""

    def __init__(self, page: "Page") -> None:
        """Take a page that is open.

        Args:
            page: Playwright's.
        """
        self.page = page

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where a place of the drawing, 0..1 across and down, is on the screen."""
        room = box(self.page.locator("canvas.easel"))
        percent = float(self.text(".zoom-bar .percent").split()[0]) / 100
        width, height = self.size()
        left = room["x"] + (room["width"] - width * percent) / 2
        top = room["y"] + (room["height"] - height * percent) / 2
        return left + x * width * percent, top + y * height * percent

    def text(self, selector: str) -> str:
        """Return what a part of the page says."""
        return self.page.locator(selector).text_content() or ""

    def size(self) -> tuple[int, int]:
        """Return the drawing's width and height."""
        across, down = self.text(".zoom-bar .size").split("×")
        return int(across), int(down)

    def draw(self, *places: tuple[float, float]) -> None:
        """Draw with the tool in hand through these places of the drawing."""
        start, *others = [self.at(*place) for place in places]
        self.page.mouse.move(*start)
        self.page.mouse.down()
        for place in others or [start]:
            self.page.mouse.move(*place, steps=8)
        self.page.mouse.up()

    def drawing(self, what: str = "Save as PNG") -> Image.Image:
        """Return the drawing as it is saved."""
        self.menu()
        with self.page.expect_download() as download:
            self.page.get_by_role("button", name=what, exact=True).click()
        with Image.open(io.BytesIO(Path(download.value.path()).read_bytes())) as picture:
            return picture.copy()

    def menu(self, item: str = "") -> None:
        """Open the File menu, and choose from it."""
        self.page.get_by_role("button", name="File", exact=True).click()
        if item:
            self.page.get_by_role("button", name=item, exact=True).click()

    def colour(self, text: str) -> None:
        """Choose the brush's colour by its six digits."""
        self.page.locator(".colour-menu .menu-button").click()
        self.page.locator(".hex").fill(text)
        self.page.locator(".hex").press("Enter")
        self.page.keyboard.press("Escape")

    def key(self, name: str) -> None:
        """Press a key with the canvas in focus."""
        self.page.locator("canvas.easel").focus()
        self.page.keyboard.press(name)

    def submit(self, prompt: str = "") -> str:
        """Press Generate; returns the job's id once the page shows it."""
        if prompt:
            self.page.locator("#prompt").fill(prompt)
        with self.page.expect_response("**/v1/jobs") as answer:
            self.page.locator("#generate").click()
        job = answer.value.json()["id"]
        self.page.locator(f".results[data-job='{job}']").wait_for()
        return job

    def generate(self, prompt: str = "", pictures: int = 4, seconds: float = 20) -> None:
        """Press Generate, and wait for so many pictures, at most so many seconds."""
        job = self.submit(prompt)
        self.page.locator(f".results[data-job='{job}'][data-state=done]").wait_for(
            timeout=seconds * 1000
        )
        self.tiles(pictures)

    def tiles(self, count: int) -> None:
        """Wait for so many pictures side by side."""
        self.page.wait_for_function(
            "count => document.querySelectorAll('.tile-picture').length === count", arg=count
        )

    def mode(self, name: str) -> None:
        """Choose where painting starts."""
        self.page.get_by_role("radio", name=name, exact=True).check()

    def field(self, label: str) -> "Locator":
        """Return the number field of this name."""
        return self.page.get_by_role("spinbutton", name=label, exact=True)

    def drop(self, paths: Path | Sequence[Path], choice: str = "") -> None:
        """Drop files on the page, and say what shall become of them."""
        files = [
            [
                base64.b64encode(path.read_bytes()).decode(),
                path.name,
                "" if path.suffix == ".ora" else "image/png",
            ]
            for path in ([paths] if isinstance(paths, Path) else paths)
        ]
        self.page.evaluate(
            """files => {
                const transfer = new DataTransfer();
                for (const [data, name, type] of files) {
                    const bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0));
                    transfer.items.add(new File([bytes], name, { type }));
                }
                const event = new DragEvent('drop', { dataTransfer: transfer, bubbles: true });
                document.body.dispatchEvent(event);
            }""",
            files,
        )
        if choice:
            self.page.get_by_role("button", name=choice, exact=True).click()

    def listed(self, what: str) -> list[dict[str, Any]]:
        """Return what the server says of /v1/..."""
        return self.page.evaluate("what => fetch('/v1/' + what).then(each => each.json())", what)


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("there is no chromium")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A studio that the journeys of a file share."""
    server = Server(tmp_path_factory.mktemp("studio") / "out")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A studio of one's own, to be killed."""
    server = Server(tmp_path / "out")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def expected() -> list[str]:
    """What browsers may complain of in a test: add parts of it."""
    return []


@pytest.fixture
def pages(browser: "Browser", expected: list[str]) -> Iterator["Opening"]:
    """Opens pages; afterwards none of them may have complained."""
    contexts, complaints = [], []

    def opened(url: str, *, width: int = 1440, height: int = 900, **options: Any) -> "Page":
        context = browser.new_context(
            viewport={"width": width, "height": height}, accept_downloads=True, **options
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda said: complaints.append(said.text) if said.type == "error" else None,
        )
        page.goto(url)
        page.locator("html[data-ready]").wait_for()
        page.locator(".settings .slider").first.wait_for()
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [said for said in complaints if not any(part in said for part in expected)] == []


@pytest.fixture
def desk(pages: "Opening", shared: Server) -> Desk:
    """The page as somebody sees it the first time, in English."""
    return Desk(pages(shared.url, locale="en-GB"))
