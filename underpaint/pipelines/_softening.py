"""Which pixels soft inpainting takes over: those that painting has changed, as far as it has."""

import torch
from torch import Tensor, nn

from underpaint.media import Image
from underpaint.pipelines import _pixels
from underpaint.requests.image import ImageRequest

REACH, DEVIATION = 2, 1.5
BLUR = 4.0


def share(painted: Tensor, known: Tensor, mask: Image, request: ImageRequest) -> Image:
    """Return how far to take what was painted, pixel by pixel.

    The distance of the painted latent from the known one, its outliers smoothed away, says how
    much has changed; at the distance `soft_threshold` a pixel is taken by a half. Where the mask
    is 0 nothing is taken.

    Args:
        painted: latent of one picture, (1, C, h, w).
        known: latent that was painted over, (1, C, h, w).
        mask: grey, at the size of what is painted; 0 = keep.
        request: with its knobs.

    Returns:
        Grey, as large as the mask.
    """
    distance = (painted.float() - known.float()).norm(dim=1, keepdim=True).cpu()
    distance = _mean_of_ranks(_mean_of_ranks(distance, 0.9, 1.0), 0.25, 0.75)
    height, width = distance.shape[2:]
    shares = nn.functional.adaptive_avg_pool2d(_pixels.shares(mask), (height, width))
    half = request.soft_threshold * _leniency(shares, request) + 1e-6
    kept = 1 / (1 + (distance / half) ** request.soft_difference)
    taken = 1 - kept**3 * (kept * (kept * 6 - 15) + 10)  # Perlin's smootherstep

    size = (mask.height, mask.width)
    large = nn.functional.interpolate(taken, size, mode="bicubic", antialias=True).clamp(0, 1)
    soft = _blurred(large) * (_pixels.shares(mask) > 0)
    return Image.of((soft * 255).round()[0, 0].to(torch.uint8).numpy())


def _leniency(shares: Tensor, request: ImageRequest) -> Tensor:
    """Return what the threshold is multiplied by: 1, or by the mask 0 where it repaints wholly."""
    influence = request.soft_influence
    by_mask = 1 - shares ** (request.soft_preservation / 2)
    part = 0.5 * (1 - influence) + by_mask * influence
    return part / (1.00001 - part)


def _mean_of_ranks(values: Tensor, least: float, most: float) -> Tensor:
    """Return the mean of what ranks between two shares around each place, (1, 1, h, w).

    Neighbours, up to two places off, count by a Gaussian of their distance.

    Args:
        values: (1, 1, h, w).
        least: the lowest rank that counts, 0..1.
        most: the highest.
    """
    height, width = values.shape[2:]
    side = 2 * REACH + 1
    line = torch.exp(-((torch.arange(side) - REACH) ** 2) / (2 * DEVIATION**2))
    weights = torch.outer(line, line).flatten() / line.sum() ** 2
    padded = nn.functional.pad(values, (REACH,) * 4, mode="replicate")
    around = nn.functional.unfold(padded, side)[0]  # (side * side, h * w)
    ranked, order = around.sort(dim=0, stable=True)
    upper = weights[order].cumsum(dim=0)
    lower = upper - weights[order]
    counted = (upper.clamp(max=most) - lower.clamp(min=least)).clamp(min=0)
    return ((ranked * counted).sum(0) / counted.sum(0)).reshape(1, 1, height, width)


def _blurred(values: Tensor) -> Tensor:
    """Return values (1, 1, H, W) under a Gaussian of a deviation of four pixels."""
    reach = round(3 * BLUR)
    line = torch.exp(-((torch.arange(2 * reach + 1) - reach) ** 2) / (2 * BLUR**2))
    line = line / line.sum()
    padded = nn.functional.pad(values, (reach,) * 4, mode="replicate")
    across = nn.functional.conv2d(padded, line.reshape(1, 1, 1, -1))
    return nn.functional.conv2d(across, line.reshape(1, 1, -1, 1))
