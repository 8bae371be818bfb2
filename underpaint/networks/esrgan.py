"""ESRGAN and what came of it: networks that enlarge a picture, and draw what was too small to see.

Papers: Wang et al. 2018, arXiv:1809.00219 (ESRGAN); Rakotonirina and Rasoanaivo 2020,
arXiv:2001.08073 (ESRGAN+); Wang et al. 2021, arXiv:2107.10833 (Real-ESRGAN, and its small networks
for animation). Attribute names are a part of the keys of Real-ESRGAN's files.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["Compact", "CompactParams", "Esrgan", "EsrganParams"]

SHARE = 0.2
"""How much of what a block finds is added to what it was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EsrganParams:
    """Sizes of an ESRGAN; the defaults are those of the published 4x models, 16.7 million weights.

    `of` reads them off a file's shapes.
    """

    channels: int = 64
    """Width."""
    growth: int = 32
    """What each convolution of a dense block adds to it."""
    blocks: int = 23
    """Blocks of three dense blocks."""
    doublings: int = 2
    """How often the size doubles at the end."""
    folding: int = 1
    """Pixels a side that are folded into channels at the start: 2 in Real-ESRGAN's 2x model."""
    plus: bool = False
    """Each dense block has the second shortcut of ESRGAN+."""

    @property
    def scale(self) -> float:
        """How many times larger a side comes out."""
        return 2**self.doublings / self.folding

    @classmethod
    def of(cls, shapes: Mapping[str, tuple[int, ...]]) -> EsrganParams:
        """Return the sizes of a network with such tensors.

        Args:
            shapes: by the names of its `state_dict`, those of `conv_first` and of the first
                dense block among them.

        Raises:
            KeyError: one of these is missing.
        """
        first = shapes["conv_first.weight"]
        return cls(
            channels=first[0],
            growth=shapes["body.0.rdb1.conv1.weight"][0],
            blocks=_places(shapes),
            doublings=sum(name.startswith("conv_up") for name in shapes) // 2,
            folding=max(1, math.isqrt(first[1] // 3)),
            plus="body.0.rdb1.conv1x1.weight" in shapes,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CompactParams:
    """Sizes of a compact network; the defaults are those of realesr-general-x4v3."""

    channels: int = 64
    """Width."""
    convolutions: int = 32
    """Convolutions between the first and the last."""
    enlarging: int = 4
    """How many times larger a side comes out."""

    @property
    def scale(self) -> float:
        """How many times larger a side comes out."""
        return float(self.enlarging)

    @classmethod
    def of(cls, shapes: Mapping[str, tuple[int, ...]]) -> CompactParams:
        """Return the sizes of a network with such tensors.

        Args:
            shapes: by the names of its `state_dict`, that of the first convolution among them.

        Raises:
            KeyError: it is missing.
        """
        last = _places(shapes) - 1
        return cls(
            channels=shapes["body.0.weight"][0],
            convolutions=last // 2 - 1,
            enlarging=max(1, math.isqrt(shapes[f"body.{last}.weight"][0] // 3)),
        )


class DenseBlock(nn.Module):
    """Five convolutions, each of which sees all that those before it found."""

    def __init__(self, params: EsrganParams) -> None:
        """Make the convolutions.

        Args:
            params: sizes of the whole network.
        """
        super().__init__()
        width, growth = params.channels, params.growth
        self.conv1 = _convolution(width, growth)
        self.conv2 = _convolution(width + growth, growth)
        self.conv3 = _convolution(width + 2 * growth, growth)
        self.conv4 = _convolution(width + 3 * growth, growth)
        self.conv5 = _convolution(width + 4 * growth, width)
        self.conv1x1 = nn.Conv2d(width, growth, 1, bias=False) if params.plus else None

    def forward(self, x: Tensor) -> Tensor:
        """Refine.

        Args:
            x: (B, channels, H, W).

        Returns:
            (B, channels, H, W).
        """
        one = _bent(self.conv1(x))
        two = _bent(self.conv2(torch.cat([x, one], 1)))
        if self.conv1x1 is not None:
            two = two + self.conv1x1(x)
        three = _bent(self.conv3(torch.cat([x, one, two], 1)))
        four = _bent(self.conv4(torch.cat([x, one, two, three], 1)))
        if self.conv1x1 is not None:
            four = four + two
        return x + SHARE * self.conv5(torch.cat([x, one, two, three, four], 1))


class Block(nn.Module):
    """Three dense blocks around a shortcut: the residual-in-residual dense block."""

    def __init__(self, params: EsrganParams) -> None:
        """Make the dense blocks.

        Args:
            params: sizes of the whole network.
        """
        super().__init__()
        self.rdb1, self.rdb2, self.rdb3 = (DenseBlock(params) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        """Refine.

        Args:
            x: (B, channels, H, W).

        Returns:
            (B, channels, H, W).
        """
        return x + SHARE * self.rdb3(self.rdb2(self.rdb1(x)))


class Esrgan(nn.Module):
    """Enlarges pictures: blocks at the size given, then doublings."""

    def __init__(self, params: EsrganParams) -> None:
        """Build with random weights.

        Args:
            params: its sizes.
        """
        super().__init__()
        self.params = params
        width = params.channels
        self.conv_first = _convolution(3 * params.folding**2, width)
        self.body = nn.Sequential(*(Block(params) for _ in range(params.blocks)))
        self.conv_body = _convolution(width, width)
        for number in range(params.doublings):
            self.add_module(f"conv_up{number + 1}", _convolution(width, width))
        self.conv_hr = _convolution(width, width)
        self.conv_last = _convolution(width, 3)

    def forward(self, pixels: Tensor) -> Tensor:
        """Return larger pictures.

        Args:
            pixels: (B, 3, H, W), 0..1; H and W multiples of `params.folding`.

        Returns:
            (B, 3, H * scale, W * scale), about 0..1, not clamped.
        """
        folded = F.pixel_unshuffle(pixels, self.params.folding)
        found = self.conv_first(folded)
        found = found + self.conv_body(self.body(found))
        for number in range(self.params.doublings):
            found = F.interpolate(found, scale_factor=2.0, mode="nearest")
            found = _bent(self.get_submodule(f"conv_up{number + 1}")(found))
        return self.conv_last(_bent(self.conv_hr(found)))


class Compact(nn.Module):
    """Enlarges pictures with few convolutions: adds to the nearest pixels what is missing."""

    def __init__(self, params: CompactParams) -> None:
        """Build with random weights.

        Args:
            params: its sizes.
        """
        super().__init__()
        self.params = params
        width = params.channels
        layers: list[nn.Module] = [_convolution(3, width), nn.PReLU(width)]
        for _ in range(params.convolutions):
            layers += [_convolution(width, width), nn.PReLU(width)]
        self.body = nn.Sequential(*layers, _convolution(width, 3 * params.enlarging**2))

    def forward(self, pixels: Tensor) -> Tensor:
        """Return larger pictures.

        Args:
            pixels: (B, 3, H, W), 0..1.

        Returns:
            (B, 3, H * scale, W * scale), about 0..1, not clamped.
        """
        details = F.pixel_shuffle(self.body(pixels), self.params.enlarging)
        return details + F.interpolate(pixels, size=details.shape[2:], mode="nearest")


def _places(shapes: Mapping[str, tuple[int, ...]]) -> int:
    """Return how many parts of the body have tensors."""
    return len({name.split(".")[1] for name in shapes if name.startswith("body.")})


def _convolution(channels: int, out_channels: int) -> nn.Conv2d:
    return nn.Conv2d(channels, out_channels, 3, 1, 1)


def _bent(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2)
