"""Latents brought to another size, as they are or by way of their pictures."""

import math
from collections.abc import Generator

import torch
from torch import Tensor, nn

from underpaint.families._model import Model
from underpaint.media import Image
from underpaint.pipelines import _pixels
from underpaint.pipelines._enlarging import Enlarger
from underpaint.pipelines._placing import placed

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


def enlarged(
    latents: Tensor, by: str | Enlarger, model: Model, *, canvas: tuple[int, int]
) -> Generator[None, None, Tensor]:
    """Bring latents to the size of larger pictures; yields now and then where that takes long.

    Args:
        latents: of the smaller ones, (B, C, h, w).
        by: an upscaler that works on latents, or what enlarges their pictures.
        model: whose latents they are.
        canvas: width and height wanted, in pixels.

    Returns:
        (B, C, h, w); what stands out is cut on two sides.

    Raises:
        WeightsError: a latent holds no picture, or an upscaler makes none of it.
    """
    if isinstance(by, str):
        return _covering(latents, by, *model.latent_shape(*canvas)[1:])
    pictures: list[Tensor] = []
    for pixels in model.decode(latents).split(1):
        small = _pixels.picture(_pixels.sound(pixels, model.name))
        factor = max(canvas[0] / small.width, canvas[1] / small.height)
        large = yield from by.walk(small, round(small.width * factor), round(small.height * factor))
        pictures.append(_pixels.tensor(placed(large, "crop", *canvas)))
    return model.encode(torch.cat(pictures)).to(latents)


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
