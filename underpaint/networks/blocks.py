"""The blocks that U-Nets and ControlNets are built of, named as in checkpoints.

Paper: Dhariwal and Nichol 2021, arXiv:2105.05233, section 3.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from underpaint.networks.attention import Pointwise, SpatialTransformer, group_norm

__all__ = ["Downsample", "ResBlock", "Stage", "Upsample"]


class ResBlock(nn.Module):
    """Two convolutions with the time embedding added between, around a shortcut."""

    def __init__(self, channels: int, out_channels: int, embedding_width: int) -> None:
        """Make the block.

        Args:
            channels: in.
            out_channels: out; if it differs from `channels` the shortcut is a 1x1 convolution.
            embedding_width: of the time embedding.
        """
        super().__init__()
        self.in_layers = nn.Sequential(
            group_norm(channels, eps=1e-5), nn.SiLU(), nn.Conv2d(channels, out_channels, 3, 1, 1)
        )
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(embedding_width, out_channels))
        self.out_layers = nn.Sequential(
            group_norm(out_channels, eps=1e-5),
            nn.SiLU(),
            nn.Identity(),
            nn.Conv2d(out_channels, out_channels, 3, 1, 1),
        )
        same = channels == out_channels
        self.skip_connection = nn.Identity() if same else Pointwise(channels, out_channels)

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        """Refine the picture, knowing the noise level.

        Args:
            x: (B, channels, H, W).
            embedding: (B, embedding_width).

        Returns:
            (B, out_channels, H, W).
        """
        hidden = self.in_layers(x) + self.emb_layers(embedding)[:, :, None, None]
        return self.skip_connection(x) + self.out_layers(hidden)


class Downsample(nn.Module):
    """Halve height and width by a strided convolution."""

    def __init__(self, channels: int) -> None:
        """Make the convolution.

        Args:
            channels: in and out.
        """
        super().__init__()
        self.op = nn.Conv2d(channels, channels, 3, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Halve.

        Args:
            x: (B, channels, H, W).

        Returns:
            (B, channels, ceil(H/2), ceil(W/2)).
        """
        return self.op(x)


class Upsample(nn.Module):
    """Double height and width by repetition and a convolution."""

    def __init__(self, channels: int) -> None:
        """Make the convolution.

        Args:
            channels: in and out.
        """
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, 1, 1)

    def forward(self, x: Tensor, size: tuple[int, int]) -> Tensor:
        """Double, or one less where an odd size was halved.

        Args:
            x: (B, channels, H, W).
            size: height and width wanted, 2H or 2H - 1 by 2W or 2W - 1.

        Returns:
            (B, channels, *size).
        """
        return self.conv(F.interpolate(x, size=size, mode="nearest"))


class Stage(nn.Sequential):
    """Layers in a row, each given what it listens to: the noise level or the words."""

    def forward(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, x: Tensor, embedding: Tensor, context: Tensor, size: tuple[int, int] = (0, 0)
    ) -> Tensor:
        """Run the layers.

        Args:
            x: (B, C, H, W).
            embedding: time embedding, (B, E).
            context: the words, (B, L, D).
            size: height and width to leave with, for a stage that doubles them.

        Returns:
            What the last layer gives.
        """
        for layer in self:
            if isinstance(layer, ResBlock):
                x = layer(x, embedding)
            elif isinstance(layer, SpatialTransformer):
                x = layer(x, context)
            elif isinstance(layer, Upsample):
                x = layer(x, size)
            else:
                x = layer(x)
        return x
