"""The KL autoencoder between pictures and latents, named as in Stable Diffusion's checkpoints.

Paper: Rombach et al. 2022, arXiv:2112.10752, section 3.1; Kingma and Welling 2014,
arXiv:1312.6114. Every attribute name is a part of a checkpoint's key below `first_stage_model.`.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F

from underpaint.networks.attention import Pointwise, group_norm, layout
from underpaint.networks.kernels import attend

__all__ = ["Autoencoder", "AutoencoderParams"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoencoderParams:
    """Sizes of an autoencoder; the defaults are Stable Diffusion 1.5's, 84 million weights."""

    channels: int = 128
    """Width of the finest level, a multiple of 4."""
    multipliers: tuple[int, ...] = (1, 2, 4, 4)
    """Width of each level in units of `channels`, finest first; each level halves the size."""
    blocks: int = 2
    """Residual blocks a level in the encoder (one more in the decoder)."""
    latent_channels: int = 4
    """Channels of a latent."""
    patch: int = 1
    """Pixels a side that are folded into channels before the first level; 1 = none.
    The first convolution then has 3 * patch^2 input channels, which tells the patch back."""

    @property
    def factor(self) -> int:
        """Pixels a side that become one latent position."""
        return self.patch * 2 ** (len(self.multipliers) - 1)


class ResnetBlock(nn.Module):
    """Two normalised convolutions around a shortcut."""

    def __init__(self, channels: int, out_channels: int) -> None:
        """Make the block.

        Args:
            channels: in.
            out_channels: out; if it differs the shortcut is a 1x1 convolution.
        """
        super().__init__()
        self.norm1 = group_norm(channels, eps=1e-6)
        self.conv1 = nn.Conv2d(channels, out_channels, 3, 1, 1)
        self.norm2 = group_norm(out_channels, eps=1e-6)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, 1)
        if channels != out_channels:
            self.nin_shortcut = Pointwise(channels, out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Refine.

        Args:
            x: (B, channels, H, W).

        Returns:
            (B, out_channels, H, W).
        """
        hidden = self.conv1(F.silu(self.norm1(x)))
        hidden = self.conv2(F.silu(self.norm2(hidden)))
        shortcut = self.nin_shortcut(x) if hasattr(self, "nin_shortcut") else x
        return shortcut + hidden


class AttnBlock(nn.Module):
    """One head of attention over all positions, by 1x1 convolutions."""

    def __init__(self, channels: int) -> None:
        """Make the four projections.

        Args:
            channels: in and out.
        """
        super().__init__()
        self.norm = group_norm(channels, eps=1e-6)
        self.q = Pointwise(channels, channels)
        self.k = Pointwise(channels, channels)
        self.v = Pointwise(channels, channels)
        self.proj_out = Pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Let every position see every other.

        Args:
            x: (B, channels, H, W).

        Returns:
            (B, channels, H, W).
        """
        hidden = self.norm(x)
        q, k, v = (
            project(hidden).flatten(2).transpose(1, 2) for project in (self.q, self.k, self.v)
        )
        gathered = attend(q[:, None], k[:, None], v[:, None])[:, 0]
        hidden = gathered.transpose(1, 2).unflatten(2, x.shape[2:])
        return x + self.proj_out(hidden.contiguous(memory_format=layout(x)))


class Middle(nn.Module):
    """The coarsest level's block, attention, block."""

    def __init__(self, channels: int) -> None:
        """Make the three parts.

        Args:
            channels: in and out.
        """
        super().__init__()
        self.block_1 = ResnetBlock(channels, channels)
        self.attn_1 = AttnBlock(channels)
        self.block_2 = ResnetBlock(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Run them in a row.

        Args:
            x: (B, channels, H, W).

        Returns:
            (B, channels, H, W).
        """
        return self.block_2(self.attn_1(self.block_1(x)))


class Resample(nn.Module):
    """The convolution that halves or doubles a level's size."""

    def __init__(self, channels: int, stride: int) -> None:
        """Make the convolution.

        Args:
            channels: in and out.
            stride: 2 halves; 1 doubles, by repeating pixels first.
        """
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride, padding=1 if stride == 1 else 0)

    def forward(self, x: Tensor) -> Tensor:
        """Halve (padded at the right and the bottom only) or double.

        Args:
            x: (B, channels, H, W), even sizes.

        Returns:
            (B, channels, H/2, W/2) or (B, channels, 2H, 2W).
        """
        if self.conv.stride == (2, 2):
            around = self.conv.padding_mode
            return self.conv(F.pad(x, (0, 1, 0, 1), "constant" if around == "zeros" else around))
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))


class Level(nn.Module):
    """Blocks of one size, and the step to the next size."""

    def __init__(self, channels: int, out_channels: int, blocks: int) -> None:
        """Make the blocks; the owner adds `downsample` or `upsample`.

        Args:
            channels: in.
            out_channels: out.
            blocks: number of blocks.
        """
        super().__init__()
        widths = [channels, *[out_channels] * (blocks - 1)]
        self.block = nn.ModuleList(ResnetBlock(width, out_channels) for width in widths)

    def forward(self, x: Tensor) -> Tensor:
        """Run the blocks, then change the size if this level does.

        Args:
            x: (B, channels, H, W).

        Returns:
            (B, out_channels, H', W').
        """
        for block in self.block:
            x = block(x)
        for step in ("downsample", "upsample"):
            if hasattr(self, step):
                x = getattr(self, step)(x)
        return x


class Encoder(nn.Module):
    """From a picture to the mean and log-variance of its latent."""

    def __init__(self, params: AutoencoderParams) -> None:
        """Build with random weights.

        Args:
            params: its sizes.
        """
        super().__init__()
        widths = [multiplier * params.channels for multiplier in params.multipliers]
        self.conv_in = nn.Conv2d(3 * params.patch**2, params.channels, 3, 1, 1)
        self.down = nn.ModuleList()
        before = params.channels
        for index, width in enumerate(widths):
            level = Level(before, width, params.blocks)
            if index < len(widths) - 1:
                level.downsample = Resample(width, stride=2)
            self.down.append(level)
            before = width
        self.mid = Middle(before)
        self.norm_out = group_norm(before, eps=1e-6)
        self.conv_out = nn.Conv2d(before, 2 * params.latent_channels, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Look ever coarser.

        Args:
            x: folded picture, (B, 3 * patch^2, H/patch, W/patch).

        Returns:
            (B, 2 * latent_channels, H/factor, W/factor).
        """
        x = self.conv_in(x)
        for level in self.down:
            x = level(x)
        return self.conv_out(F.silu(self.norm_out(self.mid(x))))


class Decoder(nn.Module):
    """From a latent to its picture."""

    def __init__(self, params: AutoencoderParams) -> None:
        """Build with random weights.

        Args:
            params: its sizes.
        """
        super().__init__()
        widths = [multiplier * params.channels for multiplier in params.multipliers]
        before = widths[-1]
        self.conv_in = nn.Conv2d(params.latent_channels, before, 3, 1, 1)
        self.mid = Middle(before)
        levels: list[Level] = []
        for index, width in reversed(list(enumerate(widths))):
            level = Level(before, width, params.blocks + 1)
            if index > 0:
                level.upsample = Resample(width, stride=1)
            levels.insert(0, level)
            before = width
        self.up = nn.ModuleList(levels)
        self.norm_out = group_norm(before, eps=1e-6)
        self.conv_out = nn.Conv2d(before, 3 * params.patch**2, 3, 1, 1)

    def forward(self, z: Tensor) -> Tensor:
        """Paint ever finer.

        Args:
            z: (B, latent_channels, h, w).

        Returns:
            Folded picture, (B, 3 * patch^2, H/patch, W/patch).
        """
        x = self.mid(self.conv_in(z))
        for level in reversed(list(self.up)):
            x = level(x)
        return self.conv_out(F.silu(self.norm_out(x)))


class Autoencoder(nn.Module):
    """Squeezes a picture into a latent and unfolds it again."""

    def __init__(self, params: AutoencoderParams) -> None:
        """Build with random weights.

        Args:
            params: its sizes.
        """
        super().__init__()
        self.params = params
        latent = params.latent_channels
        self.encoder = Encoder(params)
        self.decoder = Decoder(params)
        self.quant_conv = Pointwise(2 * latent, 2 * latent)
        self.post_quant_conv = Pointwise(latent, latent)

    def encode(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """The latent's Gaussian.

        Args:
            pixels: (B, 3, H, W) in -1..1; H and W multiples of `params.factor`.

        Returns:
            Mean and log-variance (within -30..20), each (B, latent_channels, H/factor, W/factor);
            not yet multiplied by a family's latent scale.
        """
        folded = F.pixel_unshuffle(pixels, self.params.patch)
        mean, log_variance = self.quant_conv(self.encoder(folded)).chunk(2, dim=1)
        return mean, log_variance.clamp(-30.0, 20.0)

    def middle(self, pixels: Tensor) -> Tensor:
        """The mean of the latent's Gaussian, which is also its likeliest value; see `encode`."""
        return self.encode(pixels)[0]

    def decode(self, latent: Tensor) -> Tensor:
        """The picture of a latent.

        Args:
            latent: (B, latent_channels, h, w), divided by the family's latent scale.

        Returns:
            (B, 3, h * factor, w * factor), about -1..1, not clamped.
        """
        folded = self.decoder(self.post_quant_conv(latent))
        return F.pixel_shuffle(folded, self.params.patch)
