"""Noise: one generator per image, so that no picture depends on the batch it is painted in.

It is always drawn in float32, by default on the CPU, and only then moved and converted: another
device or dtype would draw another picture from the same seed.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias, cast

import torch
from torch import Tensor

from underpaint.diffusion._brownian import BrownianPath
from underpaint.diffusion._philox import Philox
from underpaint.diffusion._seed_tree import SeedTree

Level: TypeAlias = float | Tensor
"""A sigma: one for all images, or (B,) where each image walks on its own."""

NoiseSource: TypeAlias = Callable[[Level, Level], Tensor]
"""(sigma, sigma_next) -> unit normal noise (B, ...) for the interval between two levels; an image
whose two are the same draws nothing and gets zeros."""

NoiseKind: TypeAlias = Literal["gaussian", "brownian"]
Origin: TypeAlias = Literal["cpu", "gpu", "nv"]

_Shape: TypeAlias = tuple[int, ...]
_ImageNoise: TypeAlias = Callable[[float, float], Tensor]

BRANCHES = 48
"""Noises remembered of a Brownian path: two branches of its tree."""

SEEDS = 2**32
"""Seeds there are; torch's CPU generator looks at 32 bits."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Which generators noise is drawn from.

    Attributes:
        origin: ``cpu`` is torch's generator on the CPU, the same everywhere. ``gpu`` is that of the
            device that paints. ``nv`` is an NVIDIA card's, worked out on the CPU.
        delta: added to each seed for the noise on the way, which otherwise goes on where the
            starting noise ended; AUTOMATIC1111's "eta noise seed delta". 0 = go on.
    """

    origin: Origin = "cpu"
    delta: int = 0

    def generator(self, seed: int, device: torch.device | str) -> Callable[[_Shape], Tensor]:
        """Return what draws the unit noise of a seed: each call the next, float32.

        Args:
            seed: 0..2^32 - 1.
            device: that paints.
        """
        if self.origin == "nv":
            return Philox(seed).draw
        place = torch.device(device if self.origin == "gpu" else "cpu")
        generator = torch.Generator(place).manual_seed(seed)
        return lambda shape: torch.randn(shape, generator=generator, device=place)

    def on_the_way(self, seed: int, shape: _Shape, device: torch.device | str) -> _ImageNoise:
        """Return gaussian noise for the intervals that an image walks, in their order."""
        draw = self.generator((seed + self.delta) % SEEDS, device)
        if self.delta == 0:
            draw(shape)  # what the picture starts from is not to come again
        return lambda _sigma, _sigma_next: draw(shape)

    def brownian(
        self, seed: int, shape: _Shape, ends: tuple[float, float], device: torch.device | str
    ) -> _ImageNoise:
        """Return the increments of an image's Brownian path over sigma, each of unit spread.

        Args:
            seed: of the image.
            shape: of its latent.
            ends: lowest and highest level.
            device: that paints.
        """

        @lru_cache(maxsize=BRANCHES)  # neighbours share the upper half, an end is the next start
        def draw(seed: int) -> Tensor:
            return self.generator(seed, device)(shape)

        path = BrownianPath(SeedTree.of(seed), *ends, draw)

        def increment(sigma: float, sigma_next: float) -> Tensor:
            before = path(sigma)
            return (path(sigma_next) - before) / math.sqrt(abs(sigma_next - sigma))

        return increment


@dataclass(frozen=True, slots=True)
class Variation:
    """Noise to turn the starting noise towards.

    Attributes:
        seeds: one per image.
        strength: how far to turn, 0..1; 1 is that seed's own noise.
    """

    seeds: Sequence[int]
    strength: float


def starting(
    seeds: Sequence[int],
    shape: _Shape,
    *,
    variation: Variation | None = None,
    resized_from: _Shape | None = None,
    stream: Stream = Stream(),
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Return the unit noise that pictures start from.

    Args:
        seeds: one per image, each 0..2^32 - 1.
        shape: of one image's latent, without the batch.
        variation: noise to turn towards; None = none.
        resized_from: shape of the latent whose noise is to be in the middle, so that the picture
            resembles the one of that size; None = of this size.
        stream: where the noise comes from.
        device: where the noise is wanted.
        dtype: what it is wanted in.

    Returns:
        (B, *shape).
    """
    drawn = resized_from or shape
    images = [stream.generator(seed, device)(drawn) for seed in seeds]
    if variation is not None and variation.strength > 0:
        others = [stream.generator(seed, device)(drawn) for seed in variation.seeds]
        pairs = zip(images, others, strict=True)
        images = [slerp(image, other, variation.strength) for image, other in pairs]
    if drawn != shape:
        fields = [stream.generator(seed, device)(shape) for seed in seeds]
        images = [centred(image, on) for image, on in zip(images, fields, strict=True)]
    return torch.stack(images).to(device, dtype)


def slerp(start: Tensor, end: Tensor, share: float) -> Tensor:
    """Return the noise a share of the way along the arc between two, its spread kept.

    Straight blending would shrink it: halfway between two independent noises lies one of spread
    0.71. Each column has an angle of its own, as AUTOMATIC1111 has it.

    Args:
        start: one image's noise, (C, H, ...); of a single axis, that one is the column.
        end: like start.
        share: 0..1.
    """
    if share in (0, 1):
        return end if share else start
    axis = min(1, start.ndim - 1)
    first, second = (noise.double().movedim(axis, -1) for noise in (start, end))
    products = (first * second, first * first, second * second)
    sums = zip(*(_sums(product) for product in products), strict=True)
    weights = first.new_tensor([_arc(*three, share=share) for three in sums])
    before, after = weights.reshape(*first.shape[:-1], 1, 2).unbind(-1)
    return (before * first + after * second).movedim(-1, axis).to(start.dtype)


def _sums(values: Tensor) -> list[float]:
    """Return the exact sum over the last axis, for each place in the others."""
    rows = values.reshape(-1, values.shape[-1]).tolist()  # pyright: ignore
    return [math.fsum(row) for row in cast("list[list[float]]", rows)]


def _arc(both: float, start: float, end: float, *, share: float) -> tuple[float, float]:
    """Return the weights of two vectors a share of the way along the arc between them.

    Args:
        both: their inner product.
        start: square of the first one's length.
        end: square of the second one's length.
        share: 0..1.
    """
    angle = math.acos(min(max(both / math.sqrt(start * end), -1.0), 1.0))
    if math.sin(angle) < 1e-6:  # parallel: every arc between them is this line
        return 1 - share, share
    return math.sin((1 - share) * angle) / math.sin(angle), math.sin(share * angle) / math.sin(
        angle
    )


def centred(noise: Tensor, field: Tensor) -> Tensor:
    """Return a field of noise with another laid over its middle, cut where it is larger.

    Args:
        noise: (C, ...), of another size.
        field: (C, ...).

    Returns:
        Like field.
    """
    over, under = [slice(None)], [slice(None)]
    for given, wanted in zip(noise.shape[1:], field.shape[1:], strict=True):
        gap = (wanted - given) // 2
        width = given + 2 * min(gap, 0)
        under.append(slice(max(gap, 0), max(gap, 0) + width))
        over.append(slice(max(-gap, 0), max(-gap, 0) + width))
    result = field.clone()
    result[tuple(under)] = noise[tuple(over)]
    return result


def source(
    kind: NoiseKind | None,
    seeds: Sequence[int],
    shape: _Shape,
    sigmas: Tensor,
    *,
    stream: Stream = Stream(),
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> NoiseSource | None:
    """Return where a sampler of a given NOISE draws from, None for one that draws nothing.

    Args:
        kind: the sampler's NOISE. ``gaussian``: each call draws anew, continuing every image's
            generator behind its starting noise. ``brownian``: increments of one Brownian path per
            image over sigma, whatever the order of the calls, so that overlapping intervals agree
            and more steps refine the same path.
        seeds: one per image, each 0..2^32 - 1.
        shape: of one image's latent, without the batch.
        sigmas: (N + 1,) the whole schedule, of which all or the tail is walked, falling, last 0.
        stream: where the noise comes from.
        device: where the noise is wanted.
        dtype: what it is wanted in.
    """
    if kind is None:
        return None
    if kind == "gaussian":
        images = [stream.on_the_way(seed, shape, device) for seed in seeds]
    else:
        ends = float(sigmas[sigmas > 0].min()), float(sigmas.max())
        images = [stream.brownian(seed, shape, ends, device) for seed in seeds]
    nothing = torch.zeros(shape)

    def draw(sigma: Level, sigma_next: Level) -> Tensor:
        intervals = zip(_each(sigma, len(images)), _each(sigma_next, len(images)), strict=True)
        pairs = zip(images, intervals, strict=True)
        drawn = [nothing if start == end else image(start, end) for image, (start, end) in pairs]
        return torch.stack([noise.to(device, dtype) for noise in drawn])

    return draw


def _each(level: Level, count: int) -> list[float]:
    """Return the level of each image."""
    if isinstance(level, Tensor) and level.ndim:
        return [float(one) for one in level]
    return [float(level)] * count
