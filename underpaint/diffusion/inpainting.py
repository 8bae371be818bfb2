"""Inpainting: a denoiser that already knows part of the picture."""

import torch
from torch import Tensor

from underpaint.diffusion.prediction import Denoiser


def masked(denoise: Denoiser, known: Tensor, mask: Tensor) -> Denoiser:
    """Return the denoiser whose estimate is the known latent wherever the mask is 0.

    Because it says "known" there at every level, the walk keeps ``known + sigma * noise`` there,
    the network sees the surroundings at the right noise level, and the sample ends on the known
    latent to the last bit: every sampler's step to 0 lands on the estimate itself.

    Args:
        denoise: paints the rest.
        known: clean latent to keep, (B, C, ...) or (1, C, ...).
        mask: 1 = repaint, 0 = keep, between = a blend; broadcasts to known, e.g. (B, 1, ...).
    """

    def repaint(x: Tensor, sigma: Tensor) -> Tensor:
        return blend(known.to(x), denoise(x, sigma), mask.to(x))

    return repaint


def blend(known: Tensor, painted: Tensor, mask: Tensor) -> Tensor:
    """Return the known where the mask is 0 and the painted where it is 1, exactly so.

    Args:
        known: (B, ...) or broadcasting to it.
        painted: (B, ...).
        mask: 0..1, broadcasts to both.

    Returns:
        (B, ...); where the mask is 0 not even a NaN of the painted gets through.
    """
    mixed = known + (painted - known) * mask
    return torch.where(mask == 0, known, torch.where(mask == 1, painted, mixed))
