"""Classifier-free guidance: several estimates from one batched call, made one denoiser."""

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor

from underpaint.diffusion._exact import spread
from underpaint.diffusion.prediction import Denoiser

Estimates: TypeAlias = Callable[[Tensor, Tensor], tuple[Tensor, ...]]
"""(x (B, ...), sigma () or (B,)) -> denoised for the positive and, where there is one, the negative
text, each like x, from one call of the network."""


def guided(
    estimates: Estimates,
    scale: float,
    *,
    rescale: float = 0.0,
    interval: tuple[float, float] | None = None,
) -> Denoiser:
    """Return the denoiser that moves away from the negative estimate.

    ``negative + scale * (positive - negative)``: Ho and Salimans 2022, arXiv:2207.12598, eq. 6.

    Args:
        estimates: gives (positive, negative), or (positive,) alone, which is then the answer.
        scale: guidance scale, 0..30; 1 is the positive estimate to the last bit.
        rescale: share of the positive estimate's spread that is given back to each image, 0..1:
            Lin et al. 2023, arXiv:2305.08891, eq. 15 and 16, here on the clean estimate.
        interval: (lowest, highest) sigma that is guided, both included; others get the positive
            estimate: Kynkäänniemi et al. 2024, arXiv:2404.07724. None = all are.
    """

    def denoise(x: Tensor, sigma: Tensor) -> Tensor:
        positive, *others = estimates(x, sigma)
        if not others or scale == 1 or not _within(interval, sigma):
            return positive
        negative = others[0]
        mixed = negative + (positive - negative) * scale
        return rescaled(mixed, positive, rescale) if rescale > 0 else mixed

    return denoise


def rescaled(guided: Tensor, positive: Tensor, share: float) -> Tensor:
    """Return the guided estimate with each image's spread drawn back to the positive one's.

    Args:
        guided: (B, ...).
        positive: like guided.
        share: how far, 0..1.
    """
    pairs = zip(guided, positive, strict=True)
    return torch.stack([image * _factor(image, aim, share) for image, aim in pairs])


def _factor(image: Tensor, aim: Tensor, share: float) -> float:
    width = spread(image)
    return 1.0 if width == 0 else 1 - share + share * spread(aim) / width


def _within(interval: tuple[float, float] | None, sigma: Tensor) -> bool:
    if interval is None:
        return True
    lowest, highest = interval
    return bool(((sigma >= lowest) & (sigma <= highest)).all())
