"""Bold lines where a picture is darker than its surroundings, as a hand would scribble them.

The difference of two Gaussians, of which the threshold is the simplest extension: Winnemöller,
Kyprianidis and Olsen 2012, doi:10.1016/j.cag.2012.03.004. With these widths it is the one that
AUTOMATIC1111's users know.
"""

import numpy

from underpaint.media import Image
from underpaint.preprocessors import _filters

LABEL = "scribble_xdog"
ALIASES = ("xdog",)
SETTINGS = (("XDoG Threshold", 32.0, 1.0, 64.0),)

FINE, COARSE = 0.5, 5.0
"""Widths of the two Gaussians, in pixels."""


def control(picture: Image, threshold: float) -> Image:
    """Return white lines on black, RGB.

    Args:
        picture: of any size.
        threshold: twice the levels by which a line is darker than what is around it, 1..64.
    """
    levels = _filters.levels(picture)
    darker = _filters.blurred(levels, COARSE) - _filters.blurred(levels, FINE)
    lines = 2 * darker.min(axis=2) > threshold
    return _filters.picture(lines * numpy.float32(_filters.MOST))
