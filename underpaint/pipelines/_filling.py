"""What becomes of a mask's edge, and of what lies under the mask, before anything is painted."""

import torch
from torch import Tensor, nn

from underpaint.media import Image
from underpaint.pipelines import _pixels


def softened(mask: Image, reach: int) -> Image:
    """Return a mask whose edges fade inwards, so that what it keeps is kept as before.

    A pixel d steps inside the edge is repainted to d / (reach + 1), at most wholly: the mean of
    the mask and of `reach` masks that lose one more pixel around each. So no pixel becomes
    lighter, and even a thin stroke is not lost. The picture's own border is no edge.

    Args:
        mask: grey, 0 = keep.
        reach: pixels over which it fades, 0 or more.
    """
    if not reach:
        return mask
    levels = torch.from_numpy(mask.array())[None, None].float()
    total = levels.clone()
    for depth in range(reach):
        levels = _eroded(levels, diagonally=bool(depth % 2))
        total += levels
    return Image.of((total / (reach + 1)).round()[0, 0].to(torch.uint8).numpy())


def _eroded(levels: Tensor, *, diagonally: bool) -> Tensor:
    """Return each pixel as dark as its darkest neighbour; by turns the edge comes out round."""
    if diagonally:
        return -nn.functional.max_pool2d(-levels, 3, 1, 1)
    across = -nn.functional.max_pool2d(-levels, (1, 3), 1, (0, 1))
    return torch.minimum(across, -nn.functional.max_pool2d(-levels, (3, 1), 1, (1, 0)))


def filled(picture: Image, mask: Image) -> Image:
    """Return a picture with the colours around it in place of what the mask repaints.

    Each pixel takes the mean of what is known in the smallest block that knows something: blocks
    of 2, 4, 8, ... pixels a side, blended smoothly. Nothing known at all gives grey.

    Args:
        picture: RGB.
        mask: grey, as large, 0 = keep.
    """
    known = (_pixels.shares(mask) == 0).float()
    pixels = _pixels.tensor(picture)
    return _pixels.picture(torch.where(known > 0, pixels, _spread(pixels * known, known)))


def _spread(sums: Tensor, known: Tensor) -> Tensor:
    """Return colours everywhere from what is known.

    Args:
        sums: (1, 3, H, W), colours times `known`.
        known: (1, 1, H, W), 0..1: how much of a place is known.
    """
    colours = torch.where(known > 0, sums / known.clamp(min=1e-6), 0)
    height, width = known.shape[2:]
    if bool(known.all()) or height * width == 1:
        return colours
    coarse = _spread(*(_halved(values) for values in (sums, known)))
    wide = nn.functional.interpolate(coarse, (height, width), mode="bilinear")
    return torch.where(known > 0, colours, wide)


def _halved(values: Tensor) -> Tensor:
    return nn.functional.avg_pool2d(values, 2, ceil_mode=True)
