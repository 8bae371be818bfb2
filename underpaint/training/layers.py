"""Cut-outs laid over one another: a batch of plans becomes a batch of pictures, on any device."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from underpaint.training.colours import PAINTS, turned
from underpaint.training.plan import Layer, Plan

__all__ = ["laid"]

SHARPEST = 0.6
"""A cut-out that is shown smaller than this share of its size is halved first, so that no line of
it falls between two pixels."""


def laid(cutouts: Tensor, plans: Sequence[Plan], size: int) -> Tensor:
    """Return the pictures of plans.

    Args:
        cutouts: (N, side, side, 4) uint8, red, green, blue, cover.
        plans: what to lay on what.
        size: width and height of the pictures, pixels.

    Returns:
        (B, 3, size, size) float32 in -1..1, on the device of the cut-outs.
    """
    paper = torch.tensor([PAINTS[plan.background] for plan in plans], device=cutouts.device)
    pictures = (paper.float() / 255)[:, :, None, None].repeat(1, 1, size, size)
    for depth in range(max(len(plan.layers) for plan in plans)):
        chosen = [index for index, plan in enumerate(plans) if depth < len(plan.layers)]
        layers = [plans[index].layers[depth] for index in chosen]
        colour, cover = _placed(cutouts, layers, size).split((3, 1), dim=1)
        pictures[chosen] = pictures[chosen] * (1 - cover) + colour
    return pictures * 2 - 1


def _placed(cutouts: Tensor, layers: Sequence[Layer], size: int) -> Tensor:
    """Return layers where they belong, (L, 4, size, size), 0..1, colours times cover."""
    rows = torch.tensor([layer.row for layer in layers], device=cutouts.device)
    degrees = torch.tensor([layer.turn for layer in layers], device=cutouts.device)
    whole = _premultiplied(cutouts[rows], degrees)
    placed = whole.new_zeros(len(layers), 4, size, size)
    halvings = [_halvings(layer.side * size / cutouts.shape[1]) for layer in layers]
    for count in set(halvings):
        some = [index for index, own in enumerate(halvings) if own == count]
        small = F.avg_pool2d(whole[some], 2**count)
        ways = torch.tensor([_way(layers[index]) for index in some], device=cutouts.device)
        places = F.affine_grid(ways, [len(some), 4, size, size], align_corners=False)
        placed[some] = F.grid_sample(small, places, align_corners=False)
    return placed


def _premultiplied(cutouts: Tensor, degrees: Tensor) -> Tensor:
    """Return (L, 4, side, side) of (L, side, side, 4) and the turns of their hues (L,)."""
    colours = torch.where(
        degrees[:, None, None, None] == 0,
        cutouts[..., :3].float(),
        turned(cutouts[..., :3], degrees[:, None, None]),
    )
    cover = cutouts[..., 3:].float() / 255
    return torch.cat([colours / 255 * cover, cover], -1).permute(0, 3, 1, 2)


def _halvings(scale: float) -> int:
    """Return how often to halve what is shown at a scale."""
    count = 0
    while scale <= SHARPEST and count < 3:
        scale, count = scale * 2, count + 1
    return count


def _way(layer: Layer) -> list[list[float]]:
    """Return the matrix from places in the picture to those in the cut-out, both -1..1."""
    across = -1 / layer.side if layer.mirrored else 1 / layer.side
    right, down = (2 * share - 1 for share in layer.middle)
    return [[across, 0.0, -across * right], [0.0, 1 / layer.side, -down / layer.side]]
