"""Classifier-free guidance: several estimates from one batched call, made one denoiser."""

import math
from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor

from underpaint.diffusion._exact import spread
from underpaint.diffusion.forward import per_image
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers._step import ancestral, strides

Estimates: TypeAlias = Callable[[Tensor, Tensor], tuple[Tensor, ...]]
"""(x (B, ...), sigma () or (B,)) -> denoised for the positive and, where there is one, the negative
text, each like x, from one call of the network."""


Scale: TypeAlias = float | Callable[[float], float]
"""One guidance scale, or the one for a sigma."""

PLUS_UNIT = 12.5


def guided(
    estimates: Estimates,
    scale: Scale,
    *,
    rescale: float = 0.0,
    interval: tuple[float, float] | None = None,
) -> Denoiser:
    """Return the denoiser that moves away from the negative estimate.

    ``negative + scale * (positive - negative)``: Ho and Salimans 2022, arXiv:2207.12598, eq. 6.

    Args:
        estimates: gives (positive, negative), or (positive,) alone, which is then the answer.
        scale: guidance scale, 0..30, or one for each level; 1 is the positive estimate to the last
            bit.
        rescale: share of the positive estimate's spread that is given back to each image, 0..1:
            Lin et al. 2023, arXiv:2305.08891, eq. 15 and 16, here on the clean estimate.
        interval: (lowest, highest) sigma that is guided, both included; others get the positive
            estimate: Kynkäänniemi et al. 2024, arXiv:2404.07724. None = all are.
    """

    def denoise(x: Tensor, sigma: Tensor) -> Tensor:
        positive, *others = estimates(x, sigma)
        here = scale if isinstance(scale, int | float) else scale(float(sigma))
        if not others or here == 1:
            return positive
        negative = others[0]
        mixed = negative + (positive - negative) * here
        mixed = rescaled(mixed, positive, rescale) if rescale > 0 else mixed
        return torch.where(per_image(_within(interval, sigma), x) == 1, mixed, positive)

    return denoise


def plus(scale: float, sigmas: Tensor, *, eta: float = 0.0) -> Callable[[float], float]:
    """Return the scales under which DDIM walks as CFG++: Chung et al. 2024, arXiv:2406.08070.

    Its algorithm 2 guides the estimate by lambda but puts back the negative estimate's noise:
    ``negative + lambda * (positive - negative) + ratio * (x - negative)``. DDIM's own step, guided
    by ``lambda / (1 - ratio)``, is the same, and the last one's scale is lambda.

    Args:
        scale: 12.5 times the paper's lambda (AUTOMATIC1111's measure), so that 7 is usual here too.
        sigmas: (N + 1,) the levels to be walked, falling, last 0.
        eta: that DDIM is given.
    """
    scales = {
        sigma: scale / PLUS_UNIT / (1 - ancestral(sigma, sigma_next, eta)[0] / sigma)
        for _, _, sigma, sigma_next in strides(sigmas)
    }
    return scales.__getitem__


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


def _within(interval: tuple[float, float] | None, sigma: Tensor) -> Tensor:
    """Return whether each level is in the interval, like sigma."""
    lowest, highest = interval or (-math.inf, math.inf)
    return (sigma >= lowest) & (sigma <= highest)
