"""The noise-predicting U-Net with cross-attention, named as in Stable Diffusion's checkpoints.

Paper: Rombach et al. 2022, arXiv:2112.10752; the U-Net of Dhariwal and Nichol 2021,
arXiv:2105.05233. Every attribute name is a part of a checkpoint's key below
`model.diffusion_model.`, so loading is a plain `load_state_dict`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from underpaint.networks.attention import SpatialTransformer, group_norm
from underpaint.networks.blocks import Downsample, ResBlock, Stage, Upsample

__all__ = ["Encoder", "UNet", "UNetParams", "guidance_features", "timestep_features"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UNetParams:
    """Sizes of a U-Net; the defaults are Stable Diffusion 1.5's, 860 million weights."""

    in_channels: int = 4
    """Channels of the latent that comes in (9 for inpainting forms)."""
    out_channels: int = 4
    """Channels of the prediction."""
    channels: int = 320
    """Width of the first level, a multiple of 4; the time embedding is four times as wide."""
    multipliers: tuple[int, ...] = (1, 2, 4, 4)
    """Width of each level in units of `channels`, finest first; each level halves the size."""
    blocks: int = 2
    """Residual blocks a level on the way down (one more on the way up)."""
    attention: tuple[int, ...] = (1, 1, 1, 0)
    """Blocks in each transformer of a level; 0 (or False) = the level has no transformers."""
    middle_depth: int = 1
    """Blocks in the transformer in the middle, at least 1."""
    context_width: int = 768
    """Width of a text token's features."""
    pooled_width: int | None = None
    """Width of the vector that joins the time embedding (the text's, sizes); None = not used."""
    guidance_width: int | None = None
    """Features of the guidance scale that join those of the timestep; None = not used."""
    heads: int = 8
    """Attention heads on every level, if `head_width` does not say otherwise."""
    head_width: int | None = None
    """Width of a head, so that wider levels have more of them; None = `heads` on every level."""
    linear: bool = False
    """Transformers have linear layers in and out, not 1x1 convolutions."""


def timestep_features(timesteps: Tensor, width: int) -> Tensor:
    """Cosines and sines of the timestep at falling frequencies, 1 to 1/10000.

    Paper: Vaswani et al. 2017, arXiv:1706.03762, section 3.5, cosines first as in SD.

    Args:
        timesteps: (B,), 0..999, fractions allowed.
        width: even number of features.

    Returns:
        (B, width), float32.
    """
    half = width // 2
    positions = torch.arange(half, dtype=torch.float32, device=timesteps.device)
    frequencies = torch.exp(positions * (-math.log(10_000) / half))
    angles = timesteps.float()[:, None] * frequencies
    return torch.cat([angles.cos(), angles.sin()], dim=-1)


def guidance_features(scales: Tensor, width: int) -> Tensor:
    """Sines and cosines of the guidance scale, for networks that were taught to obey it by itself.

    Paper: Luo et al. 2023, arXiv:2310.04378, section 4.3: omega, the guidance scale less one. The
    lowest frequency is 1/10000 exactly, and sines come first, unlike in `timestep_features`.

    Args:
        scales: (B,), guidance scales, 1 = none.
        width: even number of features.

    Returns:
        (B, width), float32.
    """
    half = width // 2
    positions = torch.arange(half, dtype=torch.float32, device=scales.device)
    frequencies = torch.exp(positions * (-math.log(10_000) / (half - 1)))
    angles = 1000 * (scales.float() - 1)[:, None] * frequencies
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


class GuidanceEmbedding(nn.Module):
    """What a network distilled from guidance knows of its scale; its file names it apart."""

    def __init__(self, width: int, out: int) -> None:
        """Make the projection.

        Args:
            width: features of the scale.
            out: features of the timestep.
        """
        super().__init__()
        self.cond_proj = nn.Linear(width, out, bias=False)

    def forward(self, scales: Tensor, dtype: torch.dtype) -> Tensor:
        """Return what joins the features of the timestep.

        Args:
            scales: guidance scales, (B,).
            dtype: what to compute in.

        Returns:
            (B, out).
        """
        return self.cond_proj(guidance_features(scales, self.cond_proj.in_features).to(dtype))


class Encoder(nn.Module):
    """The way from a latent down to its middle: half a U-Net, and most of a ControlNet."""

    def __init__(self, params: UNetParams) -> None:
        """Build it with random weights.

        Args:
            params: sizes of the U-Net.
        """
        super().__init__()
        self.params = params
        width = params.channels
        self.time_embed = _perceptron(width, 4 * width)
        if params.pooled_width is not None:
            self.label_emb = nn.Sequential(_perceptron(params.pooled_width, 4 * width))
        if params.guidance_width is not None:
            self.time_embedding = GuidanceEmbedding(params.guidance_width, width)
        self.input_blocks, self.widths = _way_down(params)
        self.middle_block = Stage(
            _res_block(params, self.widths[-1], self.widths[-1]),
            _transformer(params, self.widths[-1], params.middle_depth),
            _res_block(params, self.widths[-1], self.widths[-1]),
        )

    def embedded(
        self,
        timesteps: Tensor,
        pooled: Tensor | None,
        *,
        dtype: torch.dtype,
        guidance: Tensor | None = None,
    ) -> Tensor:
        """Return what every block hears of the noise level and what is told beside it.

        Args:
            timesteps: (B,), 0..999, fractions allowed.
            pooled: (B, pooled_width) if the network has a place for it, else None.
            dtype: what to compute in.
            guidance: guidance scales, (B,), if the network has a place for them, else None.

        Returns:
            (B, 4 * channels).
        """
        features = timestep_features(timesteps, self.params.channels).to(dtype)
        if guidance is not None:
            features = features + self.time_embedding(guidance, dtype)
        embedding = self.time_embed(features)
        return embedding if pooled is None else embedding + self.label_emb(pooled)


class UNet(Encoder):
    """Predicts the noise (or v, or the picture) in a latent, given noise level and words."""

    def __init__(self, params: UNetParams) -> None:
        """Build the network with random weights.

        Args:
            params: its sizes.
        """
        super().__init__(params)
        width = params.channels
        self.output_blocks = _way_up(params, self.widths)
        self.out = nn.Sequential(
            group_norm(width, eps=1e-5), nn.SiLU(), nn.Conv2d(width, params.out_channels, 3, 1, 1)
        )

    def forward(
        self,
        x: Tensor,
        timesteps: Tensor,
        context: Tensor,
        pooled: Tensor | None = None,
        *,
        guidance: Tensor | None = None,
        residuals: Sequence[Tensor] = (),
    ) -> Tensor:
        """Predict, once for each latent of the batch.

        Args:
            x: noisy latents, (B, in_channels, H, W), any size.
            timesteps: (B,), 0..999, fractions allowed.
            context: text features, (B, L, context_width).
            pooled: (B, pooled_width) if the network has a place for it, else None.
            guidance: guidance scales, (B,), if the network has a place for them, else None.
            residuals: what is added to each skip connection, in the order of `input_blocks`, and
                last to the middle, as a ControlNet gives them; () = nothing.

        Returns:
            (B, out_channels, H, W).
        """
        embedding = self.embedded(timesteps, pooled, dtype=x.dtype, guidance=guidance)
        kept: list[Tensor] = []
        for stage in self.input_blocks:
            x = stage(x, embedding, context)
            kept.append(x)

        x = self.middle_block(x, embedding, context)
        if residuals:
            *added, middle = residuals
            x = x + middle
            kept = [skip + each for skip, each in zip(kept, added, strict=True)]

        for stage in self.output_blocks:
            x = torch.cat([x, kept.pop()], dim=1)
            height, width = (kept[-1] if kept else x).shape[2:]
            x = stage(x, embedding, context, (height, width))
        return self.out(x)


def _perceptron(width: int, out: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(width, out), nn.SiLU(), nn.Linear(out, out))


def _res_block(params: UNetParams, channels: int, out_channels: int) -> ResBlock:
    return ResBlock(channels, out_channels, 4 * params.channels)


def _transformer(params: UNetParams, channels: int, depth: int) -> SpatialTransformer:
    heads = channels // params.head_width if params.head_width else params.heads
    return SpatialTransformer(
        channels, params.context_width, heads, depth=depth, linear=params.linear
    )


def _way_down(params: UNetParams) -> tuple[nn.ModuleList, list[int]]:
    """Stages from fine to coarse, and the width each leaves behind for the way up."""
    width = params.channels
    stages = nn.ModuleList([Stage(nn.Conv2d(params.in_channels, width, 3, 1, 1))])
    widths = [width]
    for level, multiplier in enumerate(params.multipliers):
        for _ in range(params.blocks):
            stage = Stage(_res_block(params, width, multiplier * params.channels))
            width = multiplier * params.channels
            if params.attention[level]:
                stage.append(_transformer(params, width, params.attention[level]))
            stages.append(stage)
            widths.append(width)
        if level < len(params.multipliers) - 1:
            stages.append(Stage(Downsample(width)))
            widths.append(width)
    return stages, widths


def _way_up(params: UNetParams, widths: list[int]) -> nn.ModuleList:
    """Stages from coarse to fine, each joined by what the way down left behind."""
    stages = nn.ModuleList()
    waiting = list(widths)
    width = waiting[-1]
    for level, multiplier in reversed(list(enumerate(params.multipliers))):
        for block in range(params.blocks + 1):
            out = multiplier * params.channels
            stage = Stage(_res_block(params, width + waiting.pop(), out))
            width = out
            if params.attention[level]:
                stage.append(_transformer(params, width, params.attention[level]))
            if level > 0 and block == params.blocks:
                stage.append(Upsample(width))
            stages.append(stage)
    return stages
