"""ControlNet: a copy of a U-Net's way down that leads the U-Net by a picture.

Paper: Zhang, Rao and Agrawala 2023, arXiv:2302.05543. Every attribute name is a part of a
checkpoint's key below `control_model.`, so loading is a plain `load_state_dict`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import torch
from torch import Tensor, nn

from underpaint.networks.attention import Pointwise
from underpaint.networks.unet import Encoder, UNetParams

__all__ = ["ControlNet", "ControlNetParams"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlNetParams:
    """Sizes of a ControlNet; the defaults are those made for Stable Diffusion 1.5."""

    unet: UNetParams = field(default_factory=UNetParams)
    """Sizes of the U-Net that it leads; what is on the U-Net's way up does not matter."""
    hint_channels: int = 3
    """Channels of the picture that leads."""
    hint_widths: tuple[int, ...] = (16, 32, 96, 256)
    """Widths of the levels that read the picture, finest first; each but the first halves it."""

    @property
    def factor(self) -> int:
        """Pixels a side of the picture that make one position of the latent."""
        return 2 ** (len(self.hint_widths) - 1)


class ControlNet(Encoder):
    """Says what to add to a U-Net's skip connections and middle, given a picture."""

    def __init__(self, params: ControlNetParams) -> None:
        """Build the network; its last layers give zeros, as before any training.

        Args:
            params: its sizes.
        """
        super().__init__(params.unet)
        self.sizes = params
        last = nn.Conv2d(params.hint_widths[-1], params.unet.channels, 3, 1, 1)
        self.input_hint_block = nn.Sequential(
            *_reading((params.hint_channels, *params.hint_widths)), _zeroed(last)
        )
        self.zero_convs = nn.ModuleList(
            [nn.Sequential(_zeroed(Pointwise(width, width))) for width in self.widths]
        )
        middle = self.widths[-1]
        self.middle_block_out = nn.Sequential(_zeroed(Pointwise(middle, middle)))

    def features(self, picture: Tensor) -> Tensor:
        """Return what the network makes of a picture, whatever the latent is.

        Args:
            picture: (B, hint_channels, H, W), 0..1; H and W `factor` times those of the latent.

        Returns:
            (B, channels, h, w).
        """
        return self.input_hint_block(picture)

    def forward(
        self,
        x: Tensor,
        timesteps: Tensor,
        context: Tensor,
        features: Tensor,
        *,
        pooled: Tensor | None = None,
    ) -> tuple[Tensor, ...]:
        """Return what to add to a U-Net that sees the same.

        Args:
            x: noisy latents, (B, in_channels, h, w).
            timesteps: (B,), 0..999, fractions allowed.
            context: text features, (B, L, context_width).
            features: what `features` returns, (B, channels, h, w) or one for all.
            pooled: (B, pooled_width) if the network has a place for it, else None.

        Returns:
            `residuals` for the U-Net: as its input blocks' outputs, in their order, then as its
            middle block's.
        """
        embedding = self.embedded(timesteps, pooled, dtype=x.dtype)
        first, *others = self.input_blocks
        x = first(x, embedding, context) + features
        said = [x]
        for stage in others:
            x = stage(x, embedding, context)
            said.append(x)
        added = [zero(each) for zero, each in zip(self.zero_convs, said, strict=True)]
        return *added, self.middle_block_out(self.middle_block(x, embedding, context))


def _reading(widths: Sequence[int]) -> Iterator[nn.Module]:
    """Yield the layers that read a picture, all but the last one."""
    channels, *levels = widths
    yield from (nn.Conv2d(channels, levels[0], 3, 1, 1), nn.SiLU())
    for width, coarser in pairwise(levels):
        yield from (nn.Conv2d(width, width, 3, 1, 1), nn.SiLU())
        yield from (nn.Conv2d(width, coarser, 3, 2, 1), nn.SiLU())


@torch.no_grad()
def _zeroed(layer: nn.Conv2d) -> nn.Conv2d:
    for parameter in layer.parameters():
        parameter.zero_()
    return layer
