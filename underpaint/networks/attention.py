"""Attention as Stable Diffusion builds it: heads, gated perceptron, transformer on a picture."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from underpaint.networks.kernels import attend

__all__ = ["Attention", "Pointwise", "SpatialTransformer", "group_norm", "layout"]


def group_norm(channels: int, eps: float) -> nn.GroupNorm:
    """Normalisation over groups of at least four channels, 32 groups at most.

    Stable Diffusion's 32 groups for all its widths (128 and more); narrower networks keep groups
    of four, so that a group never shrinks to the single channel whose mean it would erase.
    Paper: Wu and He 2018, arXiv:1803.08494.

    Args:
        channels: width, a multiple of 4.
        eps: added to the variance.

    Returns:
        The layer, for (B, channels, ...).
    """
    return nn.GroupNorm(min(32, channels // 4), channels, eps=eps)


class Pointwise(nn.Conv2d):
    """A 1x1 convolution whose bits do not depend on the number of threads.

    For just these torch has two ways on a CPU, one for a single thread and one for several, which
    round differently. A matrix product is one way for both, and as fast.
    """

    def __init__(self, channels: int, out_channels: int) -> None:
        """Make the convolution.

        Args:
            channels: in.
            out_channels: out.
        """
        super().__init__(channels, out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Mix the channels of each position.

        Args:
            x: (B, channels, H, W).

        Returns:
            (B, out_channels, H, W).
        """
        if x.device.type != "cpu" or not x.is_contiguous():
            return super().forward(x)
        assert self.bias is not None
        mixed = self.weight.flatten(1) @ x.flatten(2) + self.bias[:, None]
        return mixed.unflatten(2, x.shape[2:])


class Attention(nn.Module):
    """Multi-head attention of a sequence to itself or to a context.

    Paper: Vaswani et al. 2017, arXiv:1706.03762, section 3.2.
    """

    def __init__(self, width: int, context_width: int, heads: int) -> None:
        """Make the four projections.

        Args:
            width: of the sequence that asks; divisible by heads.
            context_width: of the sequence that answers.
            heads: number of heads.
        """
        super().__init__()
        self.heads = heads
        self.to_q = nn.Linear(width, width, bias=False)
        self.to_k = nn.Linear(context_width, width, bias=False)
        self.to_v = nn.Linear(context_width, width, bias=False)
        self.to_out = nn.Sequential(nn.Linear(width, width), nn.Identity())

    def forward(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        """Gather from the context what each position asks for.

        Args:
            x: (B, N, width).
            context: (B, L, context_width); None attends to x itself.

        Returns:
            (B, N, width).
        """
        context = x if context is None else context
        q, k, v = (
            projected.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # (B, heads, N, width/heads)
            for projected in (self.to_q(x), self.to_k(context), self.to_v(context))
        )
        gathered = attend(q, k, v)
        return self.to_out(gathered.transpose(1, 2).flatten(2))


class GatedGelu(nn.Module):
    """A linear layer gated by GELU. Paper: Shazeer 2020, arXiv:2002.05202 (GEGLU)."""

    def __init__(self, width: int, inner: int) -> None:
        """Make one projection for value and gate.

        Args:
            width: in.
            inner: out.
        """
        super().__init__()
        self.proj = nn.Linear(width, 2 * inner)

    def forward(self, x: Tensor) -> Tensor:
        """Gate the projected values.

        Args:
            x: (..., width).

        Returns:
            (..., inner).
        """
        value, gate = self.proj(x).chunk(2, dim=-1)
        return value * F.gelu(gate)


class FeedForward(nn.Module):
    """Two layers with a gate between, four times as wide inside."""

    def __init__(self, width: int) -> None:
        """Make both layers.

        Args:
            width: in and out.
        """
        super().__init__()
        self.net = nn.Sequential(
            GatedGelu(width, 4 * width), nn.Identity(), nn.Linear(4 * width, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Transform each position by itself.

        Args:
            x: (..., width).

        Returns:
            (..., width).
        """
        return self.net(x)


class TransformerBlock(nn.Module):
    """Attention to oneself, attention to the words, feed-forward; each normalised and added."""

    def __init__(self, width: int, context_width: int, heads: int) -> None:
        """Make the three parts.

        Args:
            width: of the picture's positions.
            context_width: of the words.
            heads: in both attentions.
        """
        super().__init__()
        self.attn1 = Attention(width, width, heads)
        self.ff = FeedForward(width)
        self.attn2 = Attention(width, context_width, heads)
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)
        self.norm3 = nn.LayerNorm(width)

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        """Mix the positions, then bring in the words.

        Args:
            x: (B, N, width).
            context: (B, L, context_width).

        Returns:
            (B, N, width).
        """
        x = x + self.attn1(self.norm1(x))
        x = x + self.attn2(self.norm2(x), context)
        return x + self.ff(self.norm3(x))


class SpatialTransformer(nn.Module):
    """Transformer blocks over a picture's positions, added to the picture.

    Paper: Rombach et al. 2022, arXiv:2112.10752, section 3.3 and appendix E.2.1.
    """

    def __init__(
        self, channels: int, context_width: int, heads: int, *, depth: int = 1, linear: bool = False
    ) -> None:
        """Make the projections in and out and the blocks between.

        Args:
            channels: of the picture, divisible by heads.
            context_width: of the words.
            heads: in each attention.
            depth: number of blocks.
            linear: the projections are linear layers, as from Stable Diffusion 2 on, and not 1x1
                convolutions: the same numbers in another shape.
        """
        super().__init__()
        project = nn.Linear if linear else Pointwise
        self.norm = group_norm(channels, eps=1e-6)
        self.proj_in = project(channels, channels)
        self.transformer_blocks = nn.ModuleList(
            TransformerBlock(channels, context_width, heads) for _ in range(depth)
        )
        self.proj_out = project(channels, channels)

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        """Let each position see all others and the words.

        Args:
            x: (B, channels, H, W).
            context: (B, L, context_width).

        Returns:
            (B, channels, H, W).
        """
        linear = isinstance(self.proj_in, nn.Linear)
        hidden = self.norm(x)
        if linear:
            positions = self.proj_in(hidden.flatten(2).transpose(1, 2))  # (B, H*W, channels)
        else:
            positions = self.proj_in(hidden).flatten(2).transpose(1, 2)
        for block in self.transformer_blocks:
            positions = block(positions, context)
        if linear:
            positions = self.proj_out(positions)
        hidden = positions.transpose(1, 2).unflatten(2, x.shape[2:])
        hidden = hidden.contiguous(memory_format=layout(x))
        return x + (hidden if linear else self.proj_out(hidden))


def layout(x: Tensor) -> torch.memory_format:
    """How a picture lies in memory: channels last, or positions last.

    Args:
        x: (B, C, H, W).
    """
    last = x.is_contiguous(memory_format=torch.channels_last)
    return torch.channels_last if last else torch.contiguous_format
