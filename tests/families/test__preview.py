"""A preview's matrix is found for any autoencoder whose colours are nearly linear."""

import torch
from torch import Tensor
from torch.nn import functional as F

from underpaint.families._preview import fitted, mixed

COLOURS = torch.tensor([[0.5, -0.2, 0.1], [0.3, 0.4, -0.5], [-0.1, 0.6, 0.2], [0.2, 0.2, 0.2]])


def encode(pixels: Tensor) -> Tensor:
    """Four channels of a linear code, spoilt at the edges as a padded convolution would."""
    latent = torch.einsum("bchw,dc->bdhw", F.avg_pool2d(pixels, 8), COLOURS) * 3 + 0.4
    return F.pad(latent[:, :, 1:-1, 1:-1], (1, 1, 1, 1), value=9.0)


def test_plain_colours_come_back() -> None:
    matrix = fitted(encode, 32)
    assert matrix.shape == (5, 3)
    pixels = torch.rand(6, 3, 1, 1, generator=torch.Generator().manual_seed(1)) * 2 - 1
    small = mixed(encode(pixels.expand(-1, -1, 32, 32)), matrix)
    assert small.shape == (6, 3, 4, 4)
    assert torch.allclose(small[:, :, 1:3, 1:3], pixels.expand(-1, -1, 2, 2), atol=0.05)


def test_colours_stay_within_bounds() -> None:
    small = mixed(torch.full((1, 4, 2, 2), 100.0), torch.ones(5, 3))
    assert small.tolist() == torch.ones(1, 3, 2, 2).tolist()


def test_an_autoencoder_without_colours_gives_a_finite_matrix() -> None:
    assert fitted(lambda pixels: torch.zeros(len(pixels), 4, 4, 4), 32).isfinite().all()


def test_half_precision_is_enough() -> None:
    matrix = fitted(lambda pixels: encode(pixels).bfloat16(), 32)
    assert torch.allclose(matrix, fitted(encode, 32), atol=0.05)
