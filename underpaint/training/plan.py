"""A picture to be, and the words for what is seen in it: how large, where, on what."""

from dataclasses import dataclass

from underpaint.training.naming import article

__all__ = ["SHIFTED", "SMALL", "TINY", "Layer", "Plan", "on", "place", "size"]

SHIFTED = 1 / 16
"""Share of the side from the middle, beyond which a thing is to one side."""

SMALL, TINY = 0.7, 0.42
"""Share of the side below which a thing is called small, and tiny."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One cut-out, laid.

    Attributes:
        row: which of the cut-outs.
        middle: its middle, shares of the picture from the left and from the top.
        side: its width and height, a share of the picture's.
        mirrored: it looks the other way.
        turn: degrees its hue is turned by.
    """

    row: int
    middle: tuple[float, float] = (0.5, 0.5)
    side: float = 1.0
    mirrored: bool = False
    turn: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """A picture to be.

    Attributes:
        background: a word of `PAINTS`.
        layers: what lies on it, the lowest first.
        captions: ways to ask for it, at least one.
    """

    background: str
    layers: tuple[Layer, ...]
    captions: tuple[str, ...]


def size(side: float) -> str:
    """Return what a thing of this share of the picture's side is called, "" for a usual one."""
    if side < TINY:
        return "tiny"
    return "small" if side < SMALL else ""


def place(middle: tuple[float, float]) -> str:
    """Return " at the top left" and the like, "" for the middle.

    Args:
        middle: shares of the picture from the left and from the top.
    """
    right, down = (share - 0.5 for share in middle)
    said: list[str] = []
    if abs(down) > SHIFTED:
        said.append("bottom" if down > 0 else "top")
    if abs(right) > SHIFTED:
        said.append("right" if right > 0 else "left")
    return f" at the {' '.join(said)}" if said else ""


def on(background: str) -> str:
    """Return " on a blue background" and the like, "" for white."""
    return "" if background == "white" else f" on {article(background)} {background} background"
