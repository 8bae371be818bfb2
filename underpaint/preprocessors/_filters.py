"""What the preprocessors share: pictures as numbers, and what is around each pixel."""

import math

import numpy
from numpy.typing import NDArray

from underpaint.media import Image

Levels = NDArray[numpy.float32]
"""(H, W) or (H, W, 3), 0..255."""

MOST = 255.0


def levels(picture: Image) -> Levels:
    """Return the colours of a picture, (H, W, 3), 0..255; what is transparent is white."""
    return picture.rgb().array().astype(numpy.float32)


def picture(found: Levels) -> Image:
    """Return the RGB picture of numbers.

    Args:
        found: (H, W) or (H, W, 3); what lies outside 0..255 is cut off.
    """
    whole = found if found.ndim == 3 else numpy.repeat(found[..., None], 3, axis=2)
    return Image.of(whole.round().clip(0, MOST).astype(numpy.uint8))


def blurred(found: Levels, sigma: float) -> Levels:
    """Return numbers smoothed by a Gaussian; at the edges they are mirrored.

    Args:
        found: (H, W, ...).
        sigma: its width in pixels, above 0.
    """
    reach = math.ceil(3 * sigma)
    kernel = numpy.exp(-0.5 * (numpy.arange(-reach, reach + 1) / sigma) ** 2)
    kernel = (kernel / kernel.sum()).astype(numpy.float32)
    for axis in (0, 1):
        size = found.shape[axis]
        wide = numpy.take(found, _mirrored(size, reach), axis=axis)
        stretches = (
            numpy.take(wide, numpy.arange(start, start + size), axis=axis)
            for start in range(len(kernel))
        )
        found = numpy.zeros_like(found)
        for weight, stretch in zip(kernel, stretches, strict=True):
            found += weight * stretch
    return found


def _mirrored(size: int, reach: int) -> NDArray[numpy.int64]:
    """Return which of `size` places stands at each from -reach to size + reach, mirrored."""
    places = numpy.arange(-reach, size + reach) % (2 * size)
    return numpy.minimum(places, 2 * size - 1 - places)
