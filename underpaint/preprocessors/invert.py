"""Black for white, for drawings in black on white: ControlNets know lines in white on black."""

import numpy

from underpaint.media import Image

LABEL = "invert (from white bg & black line)"
ALIASES = ("invert",)


def control(picture: Image) -> Image:
    """Return the picture's negative, RGB.

    Args:
        picture: of any size.
    """
    return Image.of(numpy.invert(picture.rgb().array()))
