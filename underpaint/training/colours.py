"""Colours and the words for them: what paints a picture, what a picture shows, and hues turned.

A caption may only say what can be seen, so the same words name a paint, judge what a picture is
coloured like, and check that a thing whose hues were turned now has the colour it is said to have.
"""

from collections.abc import Mapping
from types import MappingProxyType

import torch
from torch import Tensor

__all__ = ["HUES", "PAINTS", "TOLD", "WORDS", "covered", "dominant", "turned", "turns", "words"]

PAINTS: Mapping[str, tuple[int, int, int]] = MappingProxyType(
    {
        "white": (255, 255, 255),
        "black": (0, 0, 0),
        "grey": (128, 128, 128),
        "red": (214, 40, 40),
        "orange": (244, 140, 40),
        "yellow": (250, 215, 70),
        "green": (70, 160, 80),
        "blue": (50, 100, 210),
        "purple": (130, 70, 180),
        "pink": (245, 160, 190),
        "brown": (130, 85, 50),
        "light blue": (160, 205, 240),
    }
)
"""Red, green, blue, 0..255, of each word's paint."""

WORDS = tuple(PAINTS)

HUES: Mapping[str, float] = MappingProxyType(
    {"red": 0, "orange": 28, "yellow": 54, "green": 125, "blue": 218, "purple": 275, "pink": 328}
)
"""Degrees to which a thing's hue is turned to be called so."""

TOLD = 0.5
"""Share of a thing that must have one colour before that is called the thing's."""

DIFFERENT = 40.0
"""Distance in red, green and blue, 0..441, from which on a pixel is not the background."""

NEAR = 25.0
"""Degrees on either side of a hue that still look like it."""

_ENDS = (15.0, 42.0, 70.0, 165.0, 250.0, 310.0, 345.0)
_BETWEEN = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "red")


def words(pixels: Tensor) -> Tensor:
    """Return which word fits each pixel.

    Args:
        pixels: (..., 3), red, green, blue, 0..255.

    Returns:
        (...) int64, places in `WORDS`.
    """
    hue, saturation, value = _hsv(pixels)
    bins = torch.bucketize(hue, torch.tensor(_ENDS, device=pixels.device), right=True)
    found = torch.tensor([WORDS.index(word) for word in _BETWEEN], device=pixels.device)[bins]

    pale, dark = (saturation < 0.55) & (value > 0.7), value < 0.62
    for word, wider, tinted in (
        ("pink", "red", pale),
        ("light blue", "blue", (saturation < 0.5) & (value > 0.75)),
        ("brown", "orange", dark),
    ):
        found = torch.where((found == WORDS.index(wider)) & tinted, WORDS.index(word), found)

    colourless = saturation < 0.22
    found = torch.where(colourless, WORDS.index("grey"), found)
    found = torch.where(colourless & (value > 0.85), WORDS.index("white"), found)
    return torch.where(value < 0.25, WORDS.index("black"), found)


def dominant(pixels: Tensor, cover: Tensor) -> tuple[str, float]:
    """Return the colour that most of a thing has, and how much of it.

    Args:
        pixels: (H, W, 3), 0..255.
        cover: (H, W), 0..1, how much of each pixel is the thing.

    Returns:
        The word, and its share of the thing; white and 0 where there is no thing.
    """
    votes = torch.zeros(len(WORDS), dtype=torch.float64)
    votes.index_add_(0, words(pixels).flatten(), cover.flatten().double())
    best = int(votes.argmax())
    return WORDS[best], float(votes[best] / votes.sum().clamp(min=1e-9))


def covered(pixels: Tensor) -> Tensor:
    """Return which pixels are not background, whose colour is the median of the picture's rim.

    Args:
        pixels: (H, W, 3), 0..255.

    Returns:
        (H, W), 0 or 1, float32.
    """
    rim = torch.cat([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]).float()
    return ((pixels.float() - rim.median(0).values).norm(dim=-1) > DIFFERENT).float()


def turned(pixels: Tensor, degrees: Tensor | float) -> Tensor:
    """Return pixels whose hues are turned; saturation and value stay, and so does grey.

    Args:
        pixels: (..., 3), 0..255.
        degrees: () or (...), counter-clockwise: 120 makes red green.

    Returns:
        Like pixels, float32.
    """
    hue, saturation, value = _hsv(pixels)
    sixths = torch.stack([(hue + degrees) / 60 + start for start in (5.0, 3.0, 1.0)], -1) % 6
    fall = torch.minimum(sixths, 4 - sixths).clamp(0, 1)
    return 255 * value[..., None] * (1 - saturation[..., None] * fall)


def turns(pixels: Tensor, cover: Tensor) -> dict[str, float]:
    """Return how far a thing's hue can be turned so that it truly is called something else.

    Only what has one hue over most of it is turned, and each turn is looked at: a dark orange is
    called brown, so a dark thing has no turn to orange.

    Args:
        pixels: (H, W, 3), 0..255.
        cover: (H, W), 0..1.

    Returns:
        Degrees by word; empty for what has many hues, or none.
    """
    hue, saturation, value = _hsv(pixels)
    vivid = cover * (saturation > 0.3) * (value > 0.35)
    circle = torch.deg2rad(hue)
    east, north = (float((vivid * part).sum()) for part in (circle.cos(), circle.sin()))
    mean = float(torch.rad2deg(torch.atan2(torch.tensor(north), torch.tensor(east))))
    away = ((hue - mean + 180) % 360 - 180).abs()
    if float((vivid * (away < NEAR)).sum()) < TOLD * 1.2 * float(cover.sum()):
        return {}
    own = dominant(pixels, cover)[0]
    found = {word: (target - mean) % 360 for word, target in HUES.items() if word != own}
    return {word: turn for word, turn in found.items() if _comes_true(pixels, cover, word, turn)}


def _comes_true(pixels: Tensor, cover: Tensor, word: str, turn: float) -> bool:
    seen, share = dominant(turned(pixels, turn), cover)
    return seen == word and share > TOLD


def _hsv(pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return hue 0..360, saturation 0..1 and value 0..1 of (..., 3): Smith 1978."""
    channels = pixels.float() / 255
    red, green, blue = channels.unbind(-1)
    value, lowest = channels.amax(-1), channels.amin(-1)
    spread = value - lowest
    safe = spread.clamp(min=1e-9)
    sixths = torch.where(
        value == red,
        (green - blue) / safe % 6,
        torch.where(value == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    return sixths * 60, spread / value.clamp(min=1e-9), value
