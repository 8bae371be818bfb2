"""White where a picture is bright, black elsewhere."""

import numpy

from underpaint.media import Image
from underpaint.preprocessors import _filters

LABEL = "threshold"
SETTINGS = (("Binarization Threshold", 127.0, 0.0, 255.0),)


def control(picture: Image, threshold: float) -> Image:
    """Return the picture in black and white, RGB.

    Args:
        picture: of any size.
        threshold: levels above it are white, 0..255.
    """
    grey = picture.grey().array().astype(numpy.float32)
    return _filters.picture((grey > threshold) * numpy.float32(_filters.MOST))
