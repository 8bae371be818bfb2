"""Tensors as pictures: one, or many side by side."""

import math

import torch
from torch import Tensor

from underpaint.media import Image

__all__ = ["grid"]

GAP = 2


def grid(pixels: Tensor, columns: int | None = None) -> Image:
    """Return pictures side by side on white.

    Args:
        pixels: (N, 3, H, W), -1..1; what lies outside is cut off.
        columns: pictures a row; None makes the sheet about square.
    """
    columns = columns or math.ceil(math.sqrt(len(pixels)))
    rows = math.ceil(len(pixels) / columns)
    height, width = pixels.shape[2] + GAP, pixels.shape[3] + GAP
    sheet = torch.full((rows * height - GAP, columns * width - GAP, 3), 255, dtype=torch.uint8)
    bytes_ = ((pixels.detach().float().cpu().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    for index, picture in enumerate(bytes_.permute(0, 2, 3, 1)):
        top, left = index // columns * height, index % columns * width
        sheet[top : top + height - GAP, left : left + width - GAP] = picture
    return Image.of(sheet.numpy())
