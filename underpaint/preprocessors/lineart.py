"""Fine lines, as strong as they are darker than their surroundings: for inked drawings."""

import numpy

from underpaint.media import Image
from underpaint.preprocessors import _filters

LABEL = "lineart_standard (from white bg & black line)"
ALIASES = ("lineart_standard",)

WIDTH = 6.0
"""Of the surroundings, in pixels."""
FAINT, LEAST = 8.0, 16.0
"""Levels: what is fainter is no line; lines that are fainter than this are not made stronger."""
USUAL = 127.0
"""The level that a line of middling strength gets."""


def control(picture: Image) -> Image:
    """Return light lines on black, RGB; the median line is grey.

    Args:
        picture: of any size.
    """
    levels = _filters.levels(picture)
    lines = (_filters.blurred(levels, WIDTH) - levels).min(axis=2).clip(min=0)
    clear = lines[lines > FAINT]
    usual = max(LEAST, float(numpy.median(clear))) if clear.size else LEAST
    return _filters.picture(lines * numpy.float32(USUAL / usual))
