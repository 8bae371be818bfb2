"""A tiny autoencoder: about a twentieth of the work of the KL one, for quick looks.

The design of TAESD (Bohan 2023, github.com/madebyollin/taesd): plain convolutions and ReLU, trained
to imitate a larger autoencoder's latents. Every attribute name is a part of a key of its files:
two sequences, `encoder.` and `decoder.`, whose layers are counted through.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["TinyAutoencoder", "TinyAutoencoderParams"]

LIMIT = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TinyAutoencoderParams:
    """Sizes of a tiny autoencoder; the defaults are TAESD's, 2.4 million weights."""

    channels: int = 64
    """Width of every level."""
    blocks: tuple[int, ...] = (3, 3, 3, 1)
    """Residual blocks of each level of the decoder, coarsest first; the encoder has them in the
    opposite order. Each level but one doubles the size."""
    latent_channels: int = 4
    """Channels of a latent."""

    @property
    def factor(self) -> int:
        """Pixels a side that become one latent position."""
        return 2 ** (len(self.blocks) - 1)


class Block(nn.Module):
    """Three convolutions around a shortcut."""

    def __init__(self, channels: int) -> None:
        """Make the convolutions.

        Args:
            channels: in and out.
        """
        super().__init__()
        self.conv = nn.Sequential(
            _convolution(channels, channels),
            nn.ReLU(),
            _convolution(channels, channels),
            nn.ReLU(),
            _convolution(channels, channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Refine.

        Args:
            x: (B, channels, H, W).

        Returns:
            (B, channels, H, W).
        """
        return F.relu(self.conv(x) + x)


class Limit(nn.Module):
    """Keeps a latent softly within three standard deviations."""

    def forward(self, x: Tensor) -> Tensor:
        """Bend what lies far out.

        Args:
            x: any shape.

        Returns:
            Same shape, -3..3.
        """
        return torch.tanh(x / LIMIT) * LIMIT


class TinyAutoencoder(nn.Module):
    """Between pictures and the latents of a larger autoencoder, roughly and quickly."""

    def __init__(self, params: TinyAutoencoderParams) -> None:
        """Build with random weights.

        Args:
            params: its sizes.
        """
        super().__init__()
        self.params = params
        self.encoder = _encoder(params)
        self.decoder = _decoder(params)

    def encode(self, pixels: Tensor) -> Tensor:
        """The latent of a picture.

        Args:
            pixels: (B, 3, H, W) in -1..1; H and W multiples of `params.factor`.

        Returns:
            (B, latent_channels, H/factor, W/factor), already multiplied by the latent scale of
            the autoencoder it imitates.
        """
        return self.encoder((pixels + 1) / 2)

    def decode(self, latent: Tensor) -> Tensor:
        """The picture of a latent.

        Args:
            latent: (B, latent_channels, h, w), multiplied by the latent scale.

        Returns:
            (B, 3, h * factor, w * factor), about -1..1, not clamped.
        """
        return self.decoder(latent) * 2 - 1


def _convolution(channels: int, out_channels: int) -> nn.Conv2d:
    return nn.Conv2d(channels, out_channels, 3, 1, 1)


def _encoder(params: TinyAutoencoderParams) -> nn.Sequential:
    """Each level: a convolution, from the second on one that halves, then its blocks."""
    width = params.channels
    layers: list[nn.Module] = []
    for level, blocks in enumerate(reversed(params.blocks)):
        halving = nn.Conv2d(width, width, 3, 2, 1, bias=False)
        layers.append(halving if level > 0 else _convolution(3, width))
        layers.extend(Block(width) for _ in range(blocks))
    return nn.Sequential(*layers, _convolution(width, params.latent_channels))


def _decoder(params: TinyAutoencoderParams) -> nn.Sequential:
    """Each level: its blocks, then doubling and a convolution; the last one paints."""
    width = params.channels
    layers: list[nn.Module] = [Limit(), _convolution(params.latent_channels, width), nn.ReLU()]
    for level, blocks in enumerate(params.blocks):
        layers.extend(Block(width) for _ in range(blocks))
        if level < len(params.blocks) - 1:
            layers.append(nn.Upsample(scale_factor=2))
            layers.append(nn.Conv2d(width, width, 3, 1, 1, bias=False))
    return nn.Sequential(*layers, _convolution(width, 3))
