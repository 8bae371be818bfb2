"""What a composed picture shows and what is said of it, drawn before a pixel is laid.

A composition is a function of the seed and its number alone, so nothing needs to be kept: a data
loader draws it anew wherever it is wanted. Its caption says all that the drawing decided, style,
colour, size, place, number, neighbours and background, so that it leaves nothing to guess.
"""

import bisect
import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass

from underpaint.training.colours import PAINTS
from underpaint.training.cutouts import Cutouts, Thing
from underpaint.training.naming import article, countable, plural
from underpaint.training.plan import Layer, Plan, on, place, size

__all__ = ["USUAL", "Composer"]

USUAL = "3d render"
"""The style that half of its captions leave out: what is painted where none is asked for."""

PLAIN = 0.35
"""Share of pictures with one thing on white, as large as it is, which its name alone means."""

PAIRS, NUMBERS = 0.15, 0.08
"""Shares of pictures with two things, and with one thing several times."""

COUNTS = ("two", "three", "four")
MIRRORED = 0.15
RECOLOURED = 0.25
COLOUR_TOLD = 0.4
"""How often a thing's own colour is told, where it has one."""

WHITE = 0.35
"""Share of the other pictures on white; as many more are on black, grey or a colour."""


@dataclass(frozen=True, slots=True)
class _Chosen:
    """One thing on its way into a picture: how it looks and what it is called."""

    row: int
    name: str
    colour: str
    """The word said before the name; "" says nothing."""
    seen: str
    """What it is coloured like, said or not."""
    turn: float


class Composer:
    """Draws plans from what there is to paint."""

    def __init__(self, cutouts: Cutouts, seed: int) -> None:
        """Look through the cut-outs.

        Args:
            cutouts: what there is.
            seed: of all plans.
        """
        self.things, self.marks, self.seed = cutouts.things, cutouts.marks, seed
        self.totals = list(itertools.accumulate(mark.weight for mark in self.marks))
        self.of_style = {style: cutouts.rows(style) for style in {m.style for m in self.marks}}

    def plan(self, number: int) -> Plan:
        """Return a composition, always the same for the same number."""
        draw = random.Random(f"{self.seed} {number}")
        row, kind = self._row(draw), draw.random()
        name = self.things[self.marks[row].thing].name
        if kind < PLAIN:
            return self._plain(row, draw)
        if kind < PLAIN + PAIRS:
            return self._pair(row, draw)
        if kind < PLAIN + PAIRS + NUMBERS and countable(name):
            return self._several(row, draw)
        return self._placed(row, draw)

    def _row(self, draw: random.Random) -> int:
        return bisect.bisect(self.totals, draw.random() * self.totals[-1], hi=len(self.totals) - 1)

    def _plain(self, row: int, draw: random.Random) -> Plan:
        thing = self.things[self.marks[row].thing]
        told = [_called(thing, draw), _called(thing, draw)]
        return Plan("white", (Layer(row),), self._captions(row, told, "", draw))

    def _placed(self, row: int, draw: random.Random) -> Plan:
        """One thing of any size and place, maybe mirrored, maybe of another colour."""
        chosen = self._chosen(row, draw)
        side = 1.0 if draw.random() < 0.3 else draw.uniform(0.3, 0.95)
        middle = (_between(side, draw), _between(side, draw))
        layer = Layer(row, middle, side, draw.random() < MIRRORED, chosen.turn)
        background = _background([chosen], draw)
        said = " ".join(filter(None, (size(side), chosen.colour, chosen.name)))
        openings = (said, f"{article(said)} {said}")
        told = [f"{opening}{place(middle)}" for opening in openings]
        where = on(background) + (", mirrored" if layer.mirrored else "")
        return Plan(background, (layer,), self._captions(row, told, where, draw))

    def _pair(self, row: int, draw: random.Random) -> Plan:
        """Two things of one style, side by side or one above the other."""
        company = self.of_style[self.marks[row].style]
        if len(company) == 1:
            return self._plain(row, draw)
        other = draw.choice([another for another in company if another != row])
        first, second = self._chosen(row, draw), self._chosen(other, draw)
        side = draw.uniform(0.38, 0.48)
        away = side / 2 + draw.uniform(0, 0.5 - side)
        near, far = 0.5 - away, 0.5 + away
        across = draw.random() < 0.7
        level = draw.uniform(0.4, 0.6)
        middles = [(near, level), (far, level)] if across else [(level, near), (level, far)]
        layers = tuple(
            Layer(one.row, middle, side, turn=one.turn)
            for one, middle in zip((first, second), middles, strict=True)
        )
        background = _background([first, second], draw)
        one, two = (
            f"{article(said)} {said}"
            for said in (" ".join(filter(None, (c.colour, c.name))) for c in (first, second))
        )
        before, after = ("to the left of", "to the right of") if across else ("above", "below")
        told = [f"{one} {before} {two}", f"{two} {after} {one}"]
        if across:
            told.append(f"{one} next to {two}")
        return Plan(background, layers, self._captions(row, told, on(background), draw))

    def _several(self, row: int, draw: random.Random) -> Plan:
        """The same thing two, three or four times."""
        chosen = self._chosen(row, draw)
        count = draw.choice((2, 3, 4))
        side = draw.uniform(0.38, 0.48) if count != 3 else draw.uniform(0.28, 0.33)
        columns = {2: 2, 3: 3, 4: 2}[count]
        rows = count // columns
        middles = [
            ((column + 0.5) / columns, (down + 0.5) / rows if rows > 1 else 0.5)
            for down in range(rows)
            for column in range(columns)
        ]
        layers = tuple(Layer(row, middle, side, turn=chosen.turn) for middle in middles)
        background = _background([chosen], draw)
        said = " ".join(filter(None, (chosen.colour, plural(chosen.name))))
        told = [f"{COUNTS[count - 2]} {said}"]
        return Plan(background, layers, self._captions(row, told, on(background), draw))

    def _chosen(self, row: int, draw: random.Random) -> _Chosen:
        """Decide a thing's colour; people have none."""
        mark = self.marks[row]
        name = self.things[mark.thing].name
        if self.things[mark.thing].people:
            return _Chosen(row, name, "", mark.colour, 0.0)
        if mark.turns and draw.random() < RECOLOURED:
            word, turn = draw.choice(sorted(mark.turns.items()))
            return _Chosen(row, name, word, word, turn)
        colour = mark.colour if draw.random() < COLOUR_TOLD else ""
        return _Chosen(row, name, colour, mark.colour, 0.0)

    def _captions(
        self, row: int, told: Sequence[str], where: str, draw: random.Random
    ) -> tuple[str, ...]:
        """Add surroundings and style to what is told; the usual style is left out now and then."""
        style = self.marks[row].style
        named = f", {style}"
        styles = [named, "" if style == USUAL else named]
        draw.shuffle(styles)
        texts = [f"{text}{where}{styles[index % 2]}" for index, text in enumerate(told)]
        return tuple(dict.fromkeys(texts))


def _called(thing: Thing, draw: random.Random) -> str:
    """Return a name: mostly its own, else with a tag, or in another language."""
    luck = draw.random()
    if luck < 0.1 and thing.tags:
        return f"{thing.name}, {draw.choice(thing.tags)}"
    if luck < 0.2 and thing.names:
        return draw.choice(thing.names)
    return thing.name if luck < 0.8 else f"{article(thing.name)} {thing.name}"


def _background(chosen: Sequence[_Chosen], draw: random.Random) -> str:
    """Return a colour on which all that is chosen can be seen; white always can."""
    if draw.random() < WHITE:
        return "white"
    colours = [word for word in PAINTS if word not in {one.seen for one in chosen}]
    return draw.choice(colours)


def _between(side: float, draw: random.Random) -> float:
    return draw.uniform(side / 2, 1 - side / 2)
