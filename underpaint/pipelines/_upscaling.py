"""Latents brought to another size."""

import math

from torch import Tensor, nn

from underpaint.media import Image
from underpaint.requests._upscalers import Upscaler

MOST = 2048

_MODES = {
    "latent": ("bilinear", False),
    "latent_antialiased": ("bilinear", True),
    "latent_bicubic": ("bicubic", False),
    "latent_bicubic_antialiased": ("bicubic", True),
    "latent_nearest": ("nearest", False),
    "latent_nearest_exact": ("nearest-exact", False),
}


def is_latent(upscaler: Upscaler) -> bool:
    """Return whether an upscaler works on latents; the others work on pictures."""
    return upscaler in _MODES


def stretched(latent: Tensor, upscaler: Upscaler, height: int, width: int) -> Tensor:
    """Return a latent (B, C, h, w) at another size.

    Args:
        latent: to stretch.
        upscaler: one that works on latents.
        height: wanted, in the latent's own positions.
        width: wanted.
    """
    mode, antialias = _MODES[upscaler]
    return nn.functional.interpolate(latent, (height, width), mode=mode, antialias=antialias)


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
