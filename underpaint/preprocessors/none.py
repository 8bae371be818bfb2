"""The picture as it is: it was drawn, or prepared by another program."""

from underpaint.media import Image

LABEL = "none"


def control(picture: Image) -> Image:
    """Return the picture in RGB.

    Args:
        picture: of any size.
    """
    return picture.rgb()
