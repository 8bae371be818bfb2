"""Strokes on a picture: what AUTOMATIC1111 calls sketch and inpaint sketch.

A colour sketch is a picture like any other: what was painted lies flat on it, and all of it is the
init picture. Strokes on a picture that is known are more: they say where to paint, too.
"""

import numpy

from underpaint.media import Image
from underpaint.pipelines import _filling, _pixels


def sketched(
    original: Image, sketch: Image, *, transparency: float = 0.0, blur: int = 0
) -> tuple[Image, Image]:
    """Return the init picture and the mask that strokes on a picture stand for.

    Args:
        original: the picture before, RGB.
        sketch: the same with strokes on it, RGB and as large.
        transparency: how much of the mask to take back, 0..1; at 1 nothing is repainted.
        blur: pixels over which strokes mix with what is around them.

    Returns:
        The picture with the strokes as painting starts from them, RGB; and the mask, grey: every
        pixel of which any channel differs is 255 * (1 - transparency), all others are 0 and are in
        both pictures alike.
    """
    differs = (original.array() != sketch.array()).any(axis=-1)
    levels = numpy.where(differs, round(255 * (1 - transparency)), 0).astype(numpy.uint8)
    strokes = Image.of(numpy.where(differs, 255, 0).astype(numpy.uint8))
    soft = _filling.softened(strokes, blur)
    return _pixels.pasted(original, sketch, soft), Image.of(levels)
