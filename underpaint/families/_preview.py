"""A look at a latent without decoding it: each position's channels, mixed to a colour."""

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor

_RIDGE = 0.1


def mixed(latent: Tensor, matrix: Tensor) -> Tensor:
    """Return a small picture, one pixel for each position of the latent.

    Args:
        latent: (B, C, h, w).
        matrix: (C + 1, 3): the colour, -1..1, of one unit of each channel, and of none.

    Returns:
        (B, 3, h, w) float32, -1..1.
    """
    *channels, constant = matrix.to(latent.device)[:, :, None, None]  # (3, 1, 1) each
    colours = constant.expand(len(latent), 3, *latent.shape[2:])
    for index, channel in enumerate(channels):  # term by term: a product's bits know the batch
        colours = colours + latent[:, index : index + 1].float() * channel
    return colours.clamp(-1, 1)


def fitted(encode: Callable[[Tensor], Tensor], side: int) -> Tensor:
    """Return the matrix that comes nearest to an autoencoder on plain colours.

    27 plain pictures are encoded, and ridge regression finds the way back from the middle of
    their latents to their colours.

    Args:
        encode: from pixels (B, 3, side, side), -1..1, to latents (B, C, h, w).
        side: pixels a side, four latent positions or more.

    Returns:
        (C + 1, 3) float32 on the CPU.
    """
    levels = torch.tensor([-1.0, 0.0, 1.0])
    colours = torch.cartesian_prod(levels, levels, levels)  # (27, 3)
    latents = encode(colours[:, :, None, None].expand(-1, -1, side, side)).float().cpu()
    edge = latents.shape[-1] // 4
    middle = latents[:, :, edge:-edge, edge:-edge].mean(dim=(2, 3))

    known = torch.cat([middle, torch.ones(len(middle), 1)], dim=1).double()
    gram = known.T @ known + _RIDGE * torch.eye(known.shape[1], dtype=torch.float64)
    factor = torch.linalg.cholesky(gram)  # pyright: ignore
    return torch.cholesky_solve(known.T @ colours.double(), cast(Tensor, factor)).float()
