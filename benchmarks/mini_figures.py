"""What is measured of `mini`'s pictures: one function a figure, from pictures to a number.

None of them paints and none needs a judge's weights; `mini_table` brings both together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image, ImageFilter
from torch import Tensor

from underpaint.training.colours import covered, dominant

COLOURS_OF_A_DOODLE = 6
BLUR = 1 / 64
"""Of a doodle, as a share of its side."""

CELLS = 8


def nearest(likeness: Tensor, kinds: Tensor, wanted: Tensor) -> tuple[float, float]:
    """Return the shares of pictures whose kind is the nearest one's, and among the five nearest.

    Args:
        likeness: of each picture to each real one, (N, R).
        kinds: of each real picture, (R,); several may be of one kind.
        wanted: kinds, (N,).
    """
    best = torch.full((len(likeness), int(kinds.max()) + 1), -math.inf)
    best = best.scatter_reduce(1, kinds.expand(len(likeness), -1), likeness, "amax")
    found = best.topk(min(5, best.shape[1])).indices == wanted[:, None]
    return float(found[:, 0].float().mean()), float(found.any(1).float().mean())


def obeyed_styles(likeness: Tensor, kinds: Tensor, styles: Tensor, wanted: Tensor) -> float:
    """Return the share of pictures that are nearest to their thing's picture in the style asked.

    Args:
        likeness: (N, R).
        kinds: which thing each real picture shows, (R,).
        styles: in which style, (R,).
        wanted: thing and style of each painted picture, (N, 2).
    """
    right = 0
    for row, (kind, style) in zip(likeness, wanted.tolist(), strict=True):
        own = torch.where(kinds == kind, row, -math.inf)
        right += int(styles[int(own.argmax())]) == style
    return right / len(wanted)


def obeyed_colours(pictures: Sequence[Image.Image], words: Sequence[str]) -> float:
    """Return the share of pictures whose thing is mostly of the colour asked for."""
    seen = [dominant(pixels, covered(pixels))[0] for pixels in map(_tensor, pictures)]
    return sum(map(str.__eq__, seen, words)) / len(words)


def obeyed_backgrounds(pictures: Sequence[Image.Image], words: Sequence[str]) -> float:
    """Return the share of pictures whose rim is mostly of the colour asked for."""
    seen: list[str] = []
    for pixels in map(_tensor, pictures):
        rim = torch.cat([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
        seen.append(dominant(rim[None], torch.ones(1, len(rim)))[0])
    return sum(map(str.__eq__, seen, words)) / len(words)


def doodle(picture: Image.Image) -> Image.Image:
    """Return a picture flattened to six colours and blurred, as a person sketches it."""
    flat = picture.convert("RGB").quantize(COLOURS_OF_A_DOODLE, dither=Image.Dither.NONE)
    return flat.convert("RGB").filter(ImageFilter.GaussianBlur(picture.width * BLUR))


def colour_error(picture: Image.Image, sketch: Image.Image) -> float:
    """Return how far the colours of 8x8 cells are from those of a sketch: mean, 0..1."""
    cells = [
        np.asarray(one.convert("RGB").resize((CELLS, CELLS), Image.Resampling.BOX), np.float64)
        for one in (picture, sketch)
    ]
    return float(np.abs(cells[0] - cells[1]).mean() / 255)


def kernel_distance(painted: Tensor, real: Tensor) -> float:
    """Return KID: the unbiased squared MMD of features under a cubic kernel.

    Binkowski et al. 2018, arXiv:1801.01401, section 4.

    Args:
        painted: (N, D), N at least 2.
        real: (M, D), M at least 2.
    """
    within = [_kernel(part, part) for part in (painted.double(), real.double())]
    across = _kernel(painted.double(), real.double()).mean()
    own = [
        (kernel.sum() - kernel.diagonal().sum()) / (len(kernel) * (len(kernel) - 1))
        for kernel in within
    ]
    return float(own[0] + own[1] - 2 * across)


def _kernel(first: Tensor, second: Tensor) -> Tensor:
    return (first @ second.T / first.shape[1] + 1) ** 3


def noise_ratio(painted: Tensor, real: Tensor) -> float:
    """Return the mean PSNR of pictures (N, 3, H, W) in -1..1, dB."""
    squares = ((painted.clamp(-1, 1) - real) / 2).square().flatten(1).mean(1)
    return float((-10 * squares.clamp(min=1e-12).log10()).mean())


def _tensor(picture: Image.Image) -> Tensor:
    return torch.from_numpy(np.array(picture.convert("RGB")))
