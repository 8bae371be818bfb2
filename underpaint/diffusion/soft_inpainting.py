"""Soft inpainting: a mask that lets go of the known picture as the noise falls.

A pixel masked by a half is kept at high noise levels, where the layout is settled, and is free at
low ones, where details are: so what is painted grows into what is there. After AUTOMATIC1111's
soft inpainting, which is differential diffusion (Levin and Fried 2023, arXiv:2306.00950) with a
mask that varies smoothly.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from underpaint.diffusion.prediction import Denoiser

_TINY = 1e-5


class Softness(NamedTuple):
    """How a soft mask lets go.

    Attributes:
        bias: power of the noise level, 0..8: the higher, the longer high levels are kept.
        preservation: how much is kept in all, 0..8; 0 keeps only where the mask is 0.
        contrast: of what is mixed, 1..32: 1 mixes lengths of latents evenly, more keeps details
            that either has.
    """

    bias: float = 1.0
    preservation: float = 0.5
    contrast: float = 4.0


def softly_masked(denoise: Denoiser, known: Tensor, mask: Tensor, softness: Softness) -> Denoiser:
    """Return the denoiser whose estimate is mixed with the known latent, the less the less noise.

    Args:
        denoise: paints the rest.
        known: clean latent, (B, C, ...) or (1, C, ...).
        mask: 1 = repaint, 0 = keep to the last bit, between = soft; (B, 1, ...) or (1, 1, ...).
        softness: how it lets go.
    """

    def repaint(x: Tensor, sigma: Tensor) -> Tensor:
        painted = denoise(x, sigma)
        level = sigma.reshape(-1, *[1] * (x.ndim - 1)).double()
        power = level**softness.bias * softness.preservation
        share = mask.double() ** power
        return mixed(known.to(x), painted, torch.where(mask == 0, 0, share), softness.contrast)

    return repaint


def mixed(known: Tensor, painted: Tensor, share: Tensor, contrast: float) -> Tensor:
    """Return two latents mixed place by place: direction and length apart.

    The direction is that of their weighted mean. Its length is the weighted power mean of theirs,
    for a mean of two unlike vectors is shorter than both, which shows as a blur.

    Args:
        known: (B, C, ...) or (1, C, ...).
        painted: (B, C, ...).
        share: of the painted, 0..1, (B, 1, ...) or (1, 1, ...).
        contrast: the power, 1 or more.

    Returns:
        Like painted; exactly the known where the share is 0, and the painted where it is 1.
    """
    straight = known + (painted - known) * share.to(painted)
    powers = _length(known) ** contrast * (1 - share) + _length(painted) ** contrast * share
    factor = powers ** (1 / contrast) / (_length(straight) + _TINY)
    softened = torch.where(share == 1, painted, straight * factor.to(straight))
    return torch.where(share == 0, known, softened)


def _length(latent: Tensor) -> Tensor:
    """Return how far each position is from 0, (B, 1, ...), float64."""
    return latent.double().square().sum(dim=1, keepdim=True).sqrt()
