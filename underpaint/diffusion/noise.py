"""Noise: one CPU generator per image, so that no picture depends on the batch it is painted in.

It is always drawn on the CPU in float32 and only then moved and converted: another device or dtype
would draw another picture from the same seed.
"""

import math
from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

import torch
from torch import Tensor

from underpaint.diffusion._brownian import BrownianPath
from underpaint.diffusion._exact import total

NoiseSource: TypeAlias = Callable[[float, float], Tensor]
"""(sigma, sigma_next) -> unit normal noise (B, ...) for the interval between two levels."""

NoiseKind: TypeAlias = Literal["gaussian", "brownian"]


def starting(
    seeds: Sequence[int],
    shape: tuple[int, ...],
    *,
    variation_seeds: Sequence[int] | None = None,
    variation_strength: float = 0.0,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Return the unit noise that pictures start from.

    Args:
        seeds: one per image, each 0..2^32 - 1.
        shape: of one image's latent, without the batch.
        variation_seeds: one per image, of the noise to turn towards; None = none.
        variation_strength: how far to turn, 0..1; 1 is the variation seed's own noise.
        device: where the noise is wanted.
        dtype: what it is wanted in.

    Returns:
        (B, *shape).
    """
    images = [_drawn(_generator(seed), shape) for seed in seeds]
    if variation_seeds is not None and variation_strength > 0:
        others = [_drawn(_generator(seed), shape) for seed in variation_seeds]
        pairs = zip(images, others, strict=True)
        images = [slerp(image, other, variation_strength) for image, other in pairs]
    return torch.stack(images).to(device, dtype)


def slerp(start: Tensor, end: Tensor, share: float) -> Tensor:
    """Return the noise a share of the way along the arc between two, its spread kept.

    Straight blending would shrink it: halfway between two independent noises lies one of spread
    0.71. The angle is taken over the whole picture (AUTOMATIC1111 takes one per column).

    Args:
        start: one image's noise, any shape.
        end: like start.
        share: 0..1.
    """
    if share in (0, 1):
        return end if share else start
    first, second = start.double(), end.double()
    lengths = math.sqrt(total(first * first) * total(second * second))
    angle = math.acos(min(max(total(first * second) / lengths, -1.0), 1.0))
    if math.sin(angle) < 1e-6:  # parallel: every arc between them is this line
        return start + (end - start) * share
    before, after = math.sin((1 - share) * angle), math.sin(share * angle)
    return ((before * first + after * second) / math.sin(angle)).to(start.dtype)


def source(
    kind: NoiseKind | None,
    seeds: Sequence[int],
    shape: tuple[int, ...],
    sigmas: Tensor,
    *,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> NoiseSource | None:
    """Return where a sampler of a given NOISE draws from, None for one that draws nothing.

    Args:
        kind: the sampler's NOISE. ``gaussian``: each call draws anew, continuing every image's
            generator behind its starting noise. ``brownian``: increments of one Brownian path per
            image over log(sigma), whatever the order of the calls, so that overlapping intervals
            agree and more steps refine the same path.
        seeds: one per image, each 0..2^32 - 1.
        shape: of one image's latent, without the batch.
        sigmas: (N + 1,) the levels to be walked, falling, last 0.
        device: where the noise is wanted.
        dtype: what it is wanted in.
    """
    if kind is None:
        return None
    draw = _gaussian(seeds, shape) if kind == "gaussian" else _brownian(seeds, shape, sigmas)
    return lambda sigma, sigma_next: draw(sigma, sigma_next).to(device, dtype)


def _gaussian(seeds: Sequence[int], shape: tuple[int, ...]) -> NoiseSource:
    generators = [_generator(seed) for seed in seeds]
    for generator in generators:
        _drawn(generator, shape)  # what the picture starts from is not to come again

    def draw(_sigma: float, _sigma_next: float) -> Tensor:
        return torch.stack([_drawn(generator, shape) for generator in generators])

    return draw


def _brownian(seeds: Sequence[int], shape: tuple[int, ...], sigmas: Tensor) -> NoiseSource:
    levels = sigmas[sigmas > 0].double()
    start, end = math.log(float(levels.min())), math.log(float(levels.max()))
    paths = [BrownianPath(seed, shape, start, end) for seed in seeds]

    def draw(sigma: float, sigma_next: float) -> Tensor:
        before, after = math.log(sigma), math.log(sigma_next)
        scale = 1 / math.sqrt(abs(after - before))
        return torch.stack([(path(after) - path(before)) * scale for path in paths])

    return draw


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _drawn(generator: torch.Generator, shape: tuple[int, ...]) -> Tensor:
    return torch.randn(shape, generator=generator)
