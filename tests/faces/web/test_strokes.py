"""Five hundred random strokes, drawn with a mouse in a real browser, against slow plain arithmetic.

The model of a brush: its path goes from the first place of the pen through the middles between
each two by quadratic curves that bend at the places themselves, and on to the last place. A pixel
is covered by how near its middle comes to that path, at most once however often the path crosses
itself; what covers it is laid over the sheet.

Colours must agree to 2 of 255 where coverage is even; where it changes the line may be 0.05 pixels
from where it should be; beyond its edge nothing may change.
"""

import itertools
import random
from dataclasses import dataclass

import numpy
import pytest
from numpy.typing import NDArray

from tests.faces.web.conftest import Desk, box

pytestmark = pytest.mark.slow

Points = NDArray[numpy.float64]

SIDE, COLUMNS, ROWS = 512, 5, 5
STROKES = COLUMNS * ROWS
SHEETS = 500 // STROKES
CELL = SIDE / COLUMNS
HAIR = 0.05
PAPER = {"White 512×512": 255.0, "Black 512×512": 0.0}


@dataclass(frozen=True)
class Brush:
    """A brush: diameter in pixels, hardness and opacity 0..1, colour 0..255."""

    size: int
    hardness: float
    opacity: float
    colour: tuple[int, int, int]

    @property
    def radius(self) -> float:
        """Half its size."""
        return self.size / 2


def path(places: Points, radius: float) -> Points:
    """Return corners of a line along the curve through places of the pen, (N, 2)."""
    kept = [places[0]]
    for place in places[1:]:
        if numpy.hypot(*(place - kept[-1])) >= max(0.75, radius * 0.08):
            kept.append(place)
    start, parts = kept[0], [kept[0][None]]
    along = numpy.linspace(0, 1, 25)[1:, None]
    for bend, after in itertools.pairwise(kept):
        middle = (bend + after) / 2
        parts.append((1 - along) ** 2 * start + 2 * along * (1 - along) * bend + along**2 * middle)
        start = middle
    return numpy.concatenate([*parts, kept[-1][None]])


def distances(line: Points, left: int, top: int, side: int) -> Points:
    """Return how far the middle of each pixel of a square is from a line, (side, side)."""
    y, x = numpy.mgrid[top : top + side, left : left + side] + 0.5
    away = numpy.full((side, side), numpy.inf)
    for start, end in itertools.pairwise([*line, line[-1]]):
        across, down = end - start
        length = across**2 + down**2
        along = ((x - start[0]) * across + (y - start[1]) * down) / (length or 1)
        along = numpy.clip(along, 0, 1)
        gap = numpy.hypot(x - start[0] - along * across, y - start[1] - along * down)
        away = numpy.minimum(away, gap)
    return away


def share(away: Points, brush: Brush) -> Points:
    """Return how much of each pixel the brush covers, 0..1."""
    edge = numpy.clip(brush.radius + 0.5 - away, 0, 1) * min(1, brush.radius * 2)
    if brush.hardness == 1:
        return edge
    fade = numpy.clip((brush.radius - away) / max(brush.radius * (1 - brush.hardness), 1), 0, 1)
    return numpy.minimum(edge, fade * fade * (3 - 2 * fade))


def random_brush(chance: random.Random) -> Brush:
    red, green, blue = (chance.randrange(256) for _ in range(3))
    hardness = chance.choice([1, 1, 0.9, 0.6, 0.3, 0])
    opacity = chance.choice([1, 1, 0.75, 0.5, 0.2])
    return Brush(chance.randint(1, 36), hardness, opacity, (red, green, blue))


def random_places(chance: random.Random, corner: tuple[float, float], margin: float) -> Points:
    """Return places of a pen, (N, 2), that keep a margin from the sides of a cell."""
    count = chance.choice([1, 2, 2, 3, 4, 6, 9])
    span = CELL - 2 * margin
    spots = [
        [corner[axis] + margin + span * chance.random() for axis in (0, 1)] for _ in range(count)
    ]
    return numpy.array(spots)


def take(desk: Desk, brush: Brush) -> None:
    """Set the brush by the page's own controls."""
    desk.colour("#" + bytes(brush.colour).hex())
    shown = {"Size": brush.size, "Opacity": brush.opacity * 100, "Hardness": brush.hardness * 100}
    for label, value in shown.items():
        desk.field(label).fill(f"{value:.0f}")
        desk.field(label).press("Enter")


def drawn(desk: Desk, places: Points, corner: tuple[float, float]) -> Points:
    """Draw through places, each put on a whole pixel of the screen; returns where they were."""
    screen = numpy.round(places + corner)
    mouse = desk.page.mouse
    mouse.move(*screen[0])
    mouse.down()
    for place in screen[1:]:
        mouse.move(*place)
    mouse.up()
    return screen - corner


@pytest.mark.parametrize("sheet", range(SHEETS))
def test_strokes_are_what_arithmetic_says(desk: Desk, sheet: int) -> None:
    chance = random.Random(sheet)
    brush = random_brush(chance)
    paper = sorted(PAPER)[sheet % 2]
    desk.menu(paper)
    take(desk, brush)
    desk.key("r")
    room = box(desk.page.locator("canvas.easel"))
    corner = (room["x"] + (room["width"] - SIDE) / 2, room["y"] + (room["height"] - SIDE) / 2)

    strokes = []
    for cell in range(STROKES):
        at = (cell % COLUMNS * CELL, cell // COLUMNS * CELL)
        places = random_places(chance, at, brush.radius + 3)
        strokes.append((at, drawn(desk, places, corner)))
    found = numpy.asarray(desk.drawing().convert("RGB"), numpy.float64)

    for at, places in strokes:
        left, top, side = round(at[0]), round(at[1]), round(CELL) - 1
        away = distances(path(places, brush.radius), left, top, side)
        opaque = (share(away, brush) * brush.opacity)[..., None]
        expected = PAPER[paper] * (1 - opaque) + numpy.array(brush.colour) * opaque
        off = numpy.abs(found[top : top + side, left : left + side] - expected).max(axis=2)
        # Where coverage changes, a line that strays by a hair's breadth shows.
        near = share(away - HAIR, brush) - share(away + HAIR, brush)
        contrast = numpy.abs(numpy.array(brush.colour) - PAPER[paper]).max()
        assert (off <= 2 + contrast * brush.opacity * near).all(), (brush, places.tolist())
        assert not off[away > brush.radius + 1].any(), (brush, places.tolist())
