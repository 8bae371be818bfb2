"""How quick the studio's page is in a real browser; prints a table of figures.

    python benchmarks/page_speed.py                    # as in a release: on quiet cores
    python benchmarks/page_speed.py --loads 1 --moves 40

interactive  from the address to a page on which Generate can be pressed (U5), and the bytes it took
painting     one frame's work while a brush goes over 1024x1024 pixels with four layers (U4)

Needs Chromium, and `pip install playwright`. A frame's work is what the page itself computes in it:
the pen's events and the redraw. With --slow 4 the browser computes four times slower, as a phone.
"""

import argparse
import contextlib
import importlib
import math
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Figures = Mapping[str, object]

ROOT = Path(__file__).parents[1]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SIDE, LAYERS = 1024, 4

# Notes when Generate can be pressed for the first time.
READY = """
new MutationObserver((_, watch) => {
    if (!document.querySelector('#generate:not(:disabled)')) return;
    window.readyAt = performance.now();
    watch.disconnect();
}).observe(document, { subtree: true, childList: true, attributes: true });
"""

# Sums what handlers of the pen and redraws take from one frame to the next.
FRAMES = """
window.frames_ = [];
let spent = 0;
const timed = (call) => function (...values) {
    const start = performance.now();
    try { return call.apply(this, values); } finally { spent += performance.now() - start; }
};
const ask = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (call) => ask((now) => {
    timed(call)(now);
    window.frames_.push(spent);
    spent = 0;
});
const listen = EventTarget.prototype.addEventListener;
EventTarget.prototype.addEventListener = function (name, call, options) {
    const pen = this instanceof HTMLCanvasElement && name.startsWith('pointer');
    return listen.call(this, name, pen ? timed(call) : call, options);
};
"""


@contextlib.contextmanager
def studio(folder: Path) -> Iterator[str]:
    """Run a studio that paints nothing worth seeing; gives its address."""
    where = ["--port", "0", "--out", str(folder / "out"), "--styles", str(folder / "styles.csv")]
    process = subprocess.Popen(
        [sys.executable, "-m", "underpaint", "studio", *where],
        cwd=ROOT,
        env=os.environ | {"UNDERPAINT_ENGINE": "stub"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        yield next(
            found[0] for line in process.stdout if (found := re.search(r"http://\S+/\?t=\S+", line))
        )
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate()


def opened(browser: "Browser", address: str, script: str) -> "Page":
    """Return a page that nobody has been on, with a script that runs before its own."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, locale="en-GB")
    page = context.new_page()
    page.add_init_script(script)
    page.goto(address)
    page.locator("#generate:not(:disabled)").wait_for()
    page.locator("html[data-ready]").wait_for()
    return page


def interactive(browser: "Browser", address: str, *, loads: int) -> Figures:
    """Return how long it takes until the page can be used, and what is transferred.

    Args:
        browser: opens it, each time without anything kept from before.
        address: of the page.
        loads: how often.
    """
    times: list[float] = []
    taken = 0
    for _ in range(loads):
        page = opened(browser, address, READY)
        times.append(page.evaluate("readyAt"))
        taken = page.evaluate(
            """() => ['navigation', 'resource'].flatMap(kind => performance.getEntriesByType(kind))
                .filter(({ name }) => !/\\/(v1|ws)\\//.test(name))
                .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)"""
        )
        page.context.close()
    return {
        "interactive, median ms": round(statistics.median(times)),
        "interactive, worst ms": round(max(times)),
        "transferred, KB": round(taken / 1024, 1),
    }


def painting(browser: "Browser", address: str, *, moves: int, slow: float) -> Figures:
    """Return what a frame takes while a brush draws on the topmost of four layers.

    Args:
        browser: in which is painted.
        address: of the page.
        moves: how many times the mouse moves.
        slow: how much slower the browser is to compute.
    """
    page = opened(browser, address, FRAMES)
    for side in ("Width", "Height"):
        field = page.get_by_role("spinbutton", name=side, exact=True)
        field.fill(str(SIDE))
        field.press("Enter")
    page.locator(".layers-head").click()
    for _ in range(LAYERS - 1):
        page.get_by_role("button", name="Add sketch layer").click()
        stroke(page, 8)
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slow})
    page.evaluate("frames_.length = 0")
    stroke(page, moves)
    frames = sorted(page.evaluate("frames_"))
    page.context.close()
    return {
        "frames": len(frames),
        "a frame's work, median ms": round(statistics.median(frames), 1),
        "a frame's work, p95 ms": round(frames[math.ceil(len(frames) * 0.95) - 1], 1),
        "a frame's work, worst ms": round(frames[-1], 1),
    }


def stroke(page: "Page", moves: int) -> None:
    """Draw a figure with loops through the middle of the canvas."""
    box = page.locator("canvas.easel").bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(middle[0], middle[1])
    page.mouse.down()
    for number in range(moves):
        turn = number / 12
        page.mouse.move(
            middle[0] + 180 * math.sin(turn * 1.3), middle[1] + 180 * math.sin(turn * 1.7)
        )
    page.mouse.up()


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # pyright: ignore[reportOptionalMemberAccess]
    parser.add_argument("--loads", type=int, default=9)
    parser.add_argument("--moves", type=int, default=600)
    parser.add_argument("--slow", type=float, default=1.0)
    options = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory() as folder,
        studio(Path(folder)) as address,
        importlib.import_module("playwright.sync_api").sync_playwright() as driver,
    ):
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = driver.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        figures = {
            **interactive(browser, address, loads=options.loads),
            **painting(browser, address, moves=options.moves, slow=options.slow),
        }
        browser.close()
    for name, value in figures.items():
        print(f"{name:30} {value}")


if __name__ == "__main__":
    main()
