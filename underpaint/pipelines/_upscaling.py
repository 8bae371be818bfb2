"""Latents brought to another size, as they are or by way of their pictures."""

import math

import numpy
import torch
from torch import Tensor, nn

from underpaint.families._model import Model
from underpaint.media import Image
from underpaint.pipelines import _pixels
from underpaint.pipelines._placing import placed
from underpaint.requests._upscalers import is_latent

MOST = 2048

_MODES = {
    "latent": ("bilinear", False),
    "latent_antialiased": ("bilinear", True),
    "latent_bicubic": ("bicubic", False),
    "latent_bicubic_antialiased": ("bicubic", True),
    "latent_nearest": ("nearest", False),
    "latent_nearest_exact": ("nearest-exact", False),
}


def stretched(latent: Tensor, upscaler: str, height: int, width: int) -> Tensor:
    """Return a latent (B, C, h, w) at another size.

    Args:
        latent: to stretch.
        upscaler: one that works on latents.
        height: wanted, in the latent's own positions.
        width: wanted.
    """
    mode, antialias = _MODES[upscaler]
    return nn.functional.interpolate(latent, (height, width), mode=mode, antialias=antialias)


def enlarged(latents: Tensor, upscaler: str, model: Model, canvas: tuple[int, int]) -> Tensor:
    """Return the latents of larger pictures, (B, C, h, w); what stands out is cut on two sides.

    Args:
        latents: of the smaller ones.
        upscaler: what enlarges.
        model: whose latents they are.
        canvas: width and height wanted, in pixels.

    Raises:
        WeightsError: a latent holds no picture.
    """
    if is_latent(upscaler):
        return _covering(latents, upscaler, *model.latent_shape(*canvas)[1:])
    scale = nearest if upscaler == "nearest" else Image.resized
    pictures = [
        placed(_pixels.picture(_pixels.sound(pixels, model.name)), "crop", *canvas, scale=scale)
        for pixels in model.decode(latents).split(1)
    ]
    return model.encode(torch.cat([_pixels.tensor(picture) for picture in pictures])).to(latents)


def _covering(latents: Tensor, upscaler: str, height: int, width: int) -> Tensor:
    """Return latents so large that they cover a size, cut to it around the middle."""
    factor = max(height / latents.shape[2], width / latents.shape[3])
    down, across = (
        max(wanted, round(side * factor))
        for side, wanted in zip(latents.shape[2:], (height, width), strict=True)
    )
    large = stretched(latents, upscaler, down, across)
    top, left = (down - height) // 2, (across - width) // 2
    return large[:, :, top : top + height, left : left + width]


def nearest(picture: Image, width: int, height: int) -> Image:
    """Return a picture at a size, each pixel the nearest of those there were."""
    rows = numpy.arange(height) * picture.height // height
    columns = numpy.arange(width) * picture.width // width
    return Image.of(picture.array()[rows][:, columns])


def own_size(picture: Image, factor: int) -> tuple[int, int]:
    """Return the size of a picture in whole positions of a latent, at most 2048 pixels a side.

    Args:
        picture: of any size.
        factor: pixels a side that make a position.
    """
    shrink = min(1.0, MOST / max(picture.width, picture.height))
    width, height = (
        max(1, math.floor(side * shrink / factor)) * factor
        for side in (picture.width, picture.height)
    )
    return width, height
