"""Prompts that leave something to chance: the same choice for the same seed.

    {red|green|blue}          one of them; they may hold the same again
    {3::red|green}            red three times as often
    {2$$red|green|blue}       two different ones, with ", " between
    {1-2$$ and $$red|green}   one or two, with " and " between
    __colours__               a line of colours.txt; __animals/cats__ of cats.txt in animals

Lines may hold all of this too; those that are empty or begin with "#" do not count. Braces around
something without a bar, and those that nothing closes, are text.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from underpaint.errors import RequestError
from underpaint.prompt._limits import MAX_BYTES, bounded, shallow
from underpaint.prompt.lines import Lines, none

MAX_NESTING = 8
"""How deep lines may ask for lines."""
MAX_CHOICES = 1000
"""How many choices one prompt may need."""

_TOKEN = re.compile(r"\\.|__(?P<name>[\w\-./]+?)__|[{}|\[\]]|[^\\{}|\[\]_]+|_|\\", re.DOTALL)
_HOW_MANY = re.compile(r"\s*(\d{1,4})(?:-(\d{1,4}))?\$\$(?:([^$|{}]*)\$\$)?")
_HOW_OFTEN = re.compile(r"\s*(\d{1,4}(?:\.\d{0,9})?)::")

_Tree: TypeAlias = "list[str | _Choice | _Name]"


class _Name(NamedTuple):
    """A line of a file."""

    name: str


class _Choice(NamedTuple):
    """Some of several texts.

    Attributes:
        options: the texts.
        odds: how often each comes, against the others.
        least: how many of them come at least.
        most: and at most.
        between: what stands between them.
    """

    options: tuple[_Tree, ...]
    odds: tuple[float, ...]
    least: int = 1
    most: int = 1
    between: str = ", "


def chosen(text: str, seed: int, lines: Lines = none) -> str:
    """Return a prompt in which nothing is left to chance; the text itself if nothing was.

    Args:
        text: a prompt.
        seed: of the picture, 0 or more. The choice depends on it alone, on any machine.
        lines: where names find their lines.

    Raises:
        UnknownEntryError: no lines have such a name; lists those that have.
        RequestError: before or after, the prompt is longer than 16 KiB; or brackets are more than
            64 deep, lines ask for lines more than 8 deep, or it needs more than 1000 choices.
    """
    if not by_chance(text):
        return text
    return bounded("".join(_Chance(seed, lines).said(_tree(bounded(text)), 0)))


def by_chance(text: str) -> bool:
    """Whether a prompt may leave something to chance."""
    return "{" in text or "__" in text


class _Chance:
    """Chooses, one choice after the other."""

    def __init__(self, seed: int, lines: Lines) -> None:
        """Begin.

        Args:
            seed: of the picture.
            lines: where names find their lines.
        """
        # Only `random()` is promised to stay the same in every version of Python.
        self._random = random.Random(seed).random
        self._lines = lines
        self._left = MAX_CHOICES
        self._room = MAX_BYTES

    def said(self, tree: _Tree, nesting: int) -> Iterator[str]:
        """Yield the words of a tree.

        Args:
            tree: what a text is made of.
            nesting: how many lines it stands in.
        """
        for piece in tree:
            if isinstance(piece, str):
                self._room -= len(piece)
                if self._room < 0:
                    raise RequestError(
                        f"the prompt's choices make it longer than {MAX_BYTES} bytes"
                    )
                yield piece
            elif isinstance(piece, _Name):
                yield from self._line(piece.name, nesting + 1)
            else:
                yield from self._some(piece, nesting)

    def _line(self, name: str, nesting: int) -> Iterator[str]:
        if nesting > MAX_NESTING:
            raise RequestError(f"__{name}__ is asked for by lines over {MAX_NESTING} deep")
        lines = self._lines(name)
        if lines:
            line = lines[int(self._drawn() * len(lines))]
            yield from self.said(_tree(bounded(line)), nesting)

    def _some(self, choice: _Choice, nesting: int) -> Iterator[str]:
        odds = list(choice.odds)
        more = choice.most - choice.least
        count = choice.least + (int(self._drawn() * (more + 1)) if more else 0)
        for place in range(min(count, len(odds))):
            option = _picked(odds, self._drawn())
            odds[option] = 0.0
            yield choice.between if place else ""
            yield from self.said(choice.options[option], nesting)

    def _drawn(self) -> float:
        """Return a fresh number from 0 up to 1."""
        self._left -= 1
        if self._left < 0:
            raise RequestError(f"the prompt needs more than {MAX_CHOICES} choices")
        return self._random()


def _picked(odds: Sequence[float], chance: float) -> int:
    """Return the place that a chance from 0 up to 1 falls on, as often as the odds say."""
    aim = chance * sum(odds)
    last = 0
    for place, share in enumerate(odds):
        if share > 0 and aim < share:
            return place
        last = place if share > 0 else last
        aim -= share
    return last


@dataclass(frozen=True, slots=True)
class _Group:
    """A brace that is open, and what came since, between its bars."""

    bracket: str
    options: list[_Tree] = field(default_factory=lambda: [[]])

    def literal(self) -> _Tree:
        """Return it as it was written."""
        tree: _Tree = [self.bracket]
        for place, option in enumerate(self.options):
            tree += ["|", *option] if place else option
        return tree


def _tree(text: str) -> _Tree:
    """Return what a text is made of, read in one pass."""
    groups = [_Group("")]
    for token in _TOKEN.finditer(text):
        found, group = token.group(), groups[-1]
        if token["name"]:
            group.options[-1].append(_Name(token["name"]))
        elif found in ("{", "["):
            shallow(len(groups) - 1)
            groups.append(_Group(found))
        elif found == "|" and group.bracket == "{":
            group.options.append([])
        elif (group.bracket, found) in (("{", "}"), ("[", "]")):
            groups.pop()
            groups[-1].options[-1].extend(_closed(group, found))
        else:
            group.options[-1].append(found)
    while len(groups) > 1:
        group = groups.pop()
        groups[-1].options[-1].extend(group.literal())
    return groups[0].options[0]


def _closed(group: _Group, bracket: str) -> _Tree:
    """Return what a group means once it is closed. A bar in square brackets is theirs."""
    first, how_many = group.options[0], _at_start(_HOW_MANY, group.options[0])
    if group.bracket != "{" or (len(group.options) == 1 and not how_many):
        return [*group.literal(), bracket]
    if not how_many:
        return [_choice(group.options, 1, 1, ", ")]
    first[0] = how_many.string[how_many.end() :]
    least = int(how_many[1])
    most = int(how_many[2] or least)
    between = ", " if how_many[3] is None else how_many[3]
    return [_choice(group.options, min(least, most), max(least, most), between)]


def _at_start(pattern: re.Pattern[str], tree: _Tree) -> re.Match[str] | None:
    """Return what a tree's first words begin with."""
    first = tree[0] if tree else None
    return pattern.match(first) if isinstance(first, str) else None


def _choice(options: Sequence[_Tree], least: int, most: int, between: str) -> _Choice:
    odds: list[float] = []
    for option in options:
        often = _at_start(_HOW_OFTEN, option)
        odds.append(float(often[1]) if often else 1.0)
        if often:
            option[0] = often.string[often.end() :]
    return _Choice(tuple(options), tuple(odds), least, most, between)
