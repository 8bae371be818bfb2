"""Prompts that change while a picture is painted, in the grammar of AUTOMATIC1111.

    [from:to:when]   "from" up to a step, then "to"; either may be empty
    [to:when]        nothing, then "to"
    [a|b|c]          a, b, c, a, b, ... from step to step

`when` is a number of steps, or, written with a point, a share of them: 8, 0.4. In a second pass,
which paints larger what a first has painted, both go on counting: after 20 steps, 1.5 and 30 are
half of 20 more. What is inside may hold the same again, and brackets of emphasis. A bracket that
nothing closes is text, and so are all around it, and colons and bars in any other use.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from underpaint.errors import RequestError
from underpaint.prompt._limits import bounded, shallow

MAX_TEXT = 64 * 2**10
"""Characters that the different texts of one prompt may have together."""

_TOKEN = re.compile(r"\\.|[^\\\[\]():|]+|[\[\]():|\\]", re.DOTALL)
_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*")

_Tree: TypeAlias = "list[str | _Edit | _Alternation | _Tree]"


class Stage(NamedTuple):
    """What a prompt says up to a step.

    Attributes:
        end: the last step of it.
        text: what it says, without what changes; brackets of emphasis are still in it.
    """

    end: int
    text: str


class _Edit(NamedTuple):
    """One text up to a step, then another."""

    before: _Tree
    after: _Tree
    when: int


class _Alternation(NamedTuple):
    """A text for each step in turn."""

    options: tuple[_Tree, ...]


@dataclass(frozen=True, slots=True)
class _Group:
    """A bracket that is open, and what came since, between its colons and bars."""

    bracket: str
    marks: list[str] = field(default_factory=list[str])
    parts: list[_Tree] = field(default_factory=lambda: [[]])

    def literal(self) -> _Tree:
        """Return it as it was written."""
        tree: _Tree = [self.bracket, self.parts[0]]
        for mark, part in zip(self.marks, self.parts[1:], strict=True):
            tree += [mark, part]
        return tree


def stages(text: str, steps: int, *, passed: int | None = None) -> tuple[Stage, ...]:
    """Return what a prompt says over the steps; one stage where nothing changes.

    For so many steps, time grows linearly with the text. Any text is accepted.

    Args:
        text: a prompt.
        steps: of the pass, at least 1.
        passed: steps of the pass before, where this is the second; None = this is the first.

    Returns:
        Stages of rising end, the last one's `steps`.

    Raises:
        RequestError: more than 16 KiB, more than 64 brackets open at once, or more than 65536
            characters in different stages.
    """
    if "[" not in bounded(text):
        return (Stage(steps, text),)
    parser = _Parser(lambda number: _step(number, steps, passed))
    tree = parser.parsed(text)
    ends = {steps, *(range(1, steps + 1) if parser.alternates else parser.switches)}
    found = tuple(Stage(end, "".join(_said(tree, end))) for end in sorted(ends))
    if sum(map(len, {stage.text for stage in found})) > MAX_TEXT:
        raise RequestError(
            f"the prompt says more than {MAX_TEXT} characters over its steps; let less change"
        )
    return found


class _Parser:
    """Reads one text, in one pass."""

    def __init__(self, step: Callable[[str], int]) -> None:
        """Begin outside all brackets.

        Args:
            step: which step a written number means.
        """
        self.switches: set[int] = set()
        self.alternates = False
        self._step = step
        self._groups = [_Group("")]

    def parsed(self, text: str) -> _Tree:
        """Return what the text is made of."""
        for token in _TOKEN.findall(text):
            if token in "([":
                shallow(len(self._groups) - 1)
                self._groups.append(_Group(token))
            elif token in ")]":
                self._close(token)
            elif token in ":|" and len(self._groups) > 1:
                self._groups[-1].marks.append(token)
                self._groups[-1].parts.append([])
            else:
                self._add(token)
        self._give_up()
        return self._groups[0].parts[0]

    def _add(self, piece: "str | _Edit | _Alternation | _Tree") -> None:
        self._groups[-1].parts[-1].append(piece)

    def _close(self, bracket: str) -> None:
        meaning = self._meaning(self._groups[-1], bracket)
        if meaning is None:
            self._give_up()
            self._add(bracket)
        else:
            self._groups.pop()
            self._add(meaning)

    def _meaning(self, group: _Group, bracket: str) -> "_Edit | _Alternation | _Tree | None":
        """Return what a group means once `bracket` closes it; None if it means nothing."""
        pair, marks = group.bracket + bracket, "".join(group.marks)
        if (pair, marks) in (("[]", ""), ("()", ""), ("()", ":")):
            return [*group.literal(), bracket]
        if pair == "[]" and not marks.strip("|"):
            self.alternates = True
            return _Alternation(tuple(group.parts))
        number = _number(group.parts[-1]) if pair == "[]" and marks in (":", "::") else None
        if number is None:
            return None
        when = self._step(number)
        self.switches |= {when} if when >= 1 else set()
        return _Edit(group.parts[0] if marks == "::" else [], group.parts[-2], when)

    def _give_up(self) -> None:
        """Take all open brackets for text: none of them can mean anything any more."""
        outermost, *others = self._groups
        for group in others:
            outermost.parts[0] += group.literal()
        self._groups = [outermost]


def _number(tree: _Tree) -> str | None:
    """Return the number in a tree that is nothing else."""
    number = _NUMBER.fullmatch("".join(piece for piece in tree if isinstance(piece, str)))
    plain = all(isinstance(piece, str) for piece in tree)
    return number[1] if number and plain else None


def _step(number: str, steps: int, passed: int | None) -> int:
    """Return the step of this pass that a number means, at most the last; below 1 for none."""
    value = float(number)
    if "." in number:
        value = (value - (passed is not None)) * steps
    else:
        value -= passed or 0
    return int(max(0.0, min(float(steps), value)))


def _said(tree: _Tree, step: int) -> Iterator[str]:
    """Yield what a tree says at a step, counted from 1."""
    for piece in tree:
        if isinstance(piece, str):
            yield piece
        elif isinstance(piece, _Edit):
            yield from _said(piece.before if step <= piece.when else piece.after, step)
        elif isinstance(piece, _Alternation):
            yield from _said(piece.options[(step - 1) % len(piece.options)], step)
        else:
            yield from _said(piece, step)
