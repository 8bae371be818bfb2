"""Noise with a picture's own colours and grain, for painting to start from where there is none."""

import numpy
import torch
from numpy.typing import NDArray

from underpaint.media import Image

SEED = 0


def shaped(picture: Image, mask: Image) -> Image:
    """Return a picture with noise, as coarse and as colourful as the rest, where it is repainted.

    Three fields of noise take the amplitudes that the brightness of the known part has at each
    frequency, and are then mixed so that their means and covariances are those of its colours.
    The noise is the same for every picture, so each of a batch starts from the same.

    Args:
        picture: RGB.
        mask: grey, as large, 0 = keep.
    """
    levels, known = picture.array(), mask.array() == 0
    colours = levels[known].astype(numpy.float64)
    if len(colours) < 2:
        colours = numpy.array([[0.0] * 3, [255.0] * 3])
    mean = colours.mean(axis=0)
    brightness = numpy.where(known, (levels - mean).mean(axis=-1), 0.0)

    fields = _like(brightness)
    spread = numpy.linalg.cholesky(numpy.cov(colours.T) + 1e-3 * numpy.eye(3))
    noise = (mean + fields @ spread.T).clip(0, 255).round().astype(numpy.uint8)
    return Image.of(numpy.where(known[..., None], levels, noise))


def _like(brightness: NDArray[numpy.float64]) -> NDArray[numpy.float64]:
    """Return three fields of noise (H, W, 3), mean 0 and deviation 1, with a given grain."""
    height, width = brightness.shape
    generator = torch.Generator().manual_seed(SEED)
    white = torch.randn(3, height, width, generator=generator).double().numpy()
    amplitudes = numpy.abs(numpy.fft.rfft2(brightness)) + 1e-6
    amplitudes[0, 0] = 0
    fields = numpy.fft.irfft2(numpy.fft.rfft2(white) * amplitudes, s=(height, width))
    deviation = fields.std(axis=(1, 2), keepdims=True)
    return (fields / numpy.where(deviation > 0, deviation, 1)).transpose(1, 2, 0)
