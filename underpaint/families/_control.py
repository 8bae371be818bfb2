"""Pictures that lead: ControlNets made for a model, and what they add to its U-Net.

Paper: Zhang, Rao and Agrawala 2023, arXiv:2302.05543.
"""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, Self

import torch
from torch import Tensor, nn

from underpaint.errors import WeightsError
from underpaint.families import _sizes
from underpaint.families._parts import bound, laid_out
from underpaint.networks.controlnet import ControlNet, ControlNetParams
from underpaint.networks.unet import UNetParams
from underpaint.requests._controls import Mode
from underpaint.weights import controlnet
from underpaint.weights._header import shown

__all__ = ["ControlNets", "Lead", "Listened", "leading", "residuals"]

FADING = 0.825
"""How much less each finer level counts than the next, where words are to count as well: that of
the authors' "guess mode", so that the finest of thirteen counts a tenth."""


class Lead(NamedTuple):
    """A picture that leads, and how.

    Attributes:
        network: follows it.
        features: what the network makes of the picture, (1, C, h, w).
        weights: of all that the network says, the finest first.
        levels: above which sigma it leads, and up to which.
        negative: what to keep away from is led, too.
    """

    network: ControlNet
    features: Tensor
    weights: tuple[float, ...]
    levels: tuple[float, float] = (0.0, math.inf)
    negative: bool = True

    @classmethod
    @torch.no_grad()
    def of(
        cls,
        network: ControlNet,
        picture: Tensor,
        *,
        weight: float = 1.0,
        mode: Mode = "balanced",
        levels: tuple[float, float] = (0.0, math.inf),
    ) -> Self:
        """Return how a picture leads.

        Args:
            network: follows it.
            picture: (1, 3, H, W), 0..1; H and W those of the painting.
            weight: how strongly, above 0.
            mode: what counts more where picture and words differ.
            levels: above which sigma it leads, and up to which.
        """
        own = next(network.parameters())
        features = network.features(picture.to(own.device, own.dtype))
        last = len(network.widths)
        fading = 1.0 if mode == "balanced" else FADING
        weights = tuple(weight * fading ** (last - place) for place in range(last + 1))
        return cls(network, features, weights, levels, mode != "control")


class Listened(NamedTuple):
    """What a U-Net sees and hears, for each latent of a batch.

    Attributes:
        x: noisy latents, (B, C, h, w), and what is seen beside them.
        timestep: (B,).
        tokens: features of the texts, (B, L, D).
        pooled: (B, P); None if the networks have no use for it.
        positives: how many of the batch, at its beginning, are not to be kept away from.
    """

    x: Tensor
    timestep: Tensor
    tokens: Tensor
    pooled: Tensor | None
    positives: int


def leading(leads: Iterable[Lead], sigma: float) -> tuple[Lead, ...]:
    """Return those that lead at a noise level."""
    return tuple(lead for lead in leads if lead.levels[0] < sigma <= lead.levels[1])


def residuals(leads: Iterable[Lead], listened: Listened) -> tuple[Tensor, ...]:
    """Return what is added to a U-Net's skip connections and middle; () where nothing leads.

    Args:
        leads: what leads at this noise level; they add up.
        listened: what the U-Net sees and hears.
    """
    total: tuple[Tensor, ...] = ()
    for lead in leads:
        count = len(listened.x) if lead.negative else listened.positives
        if count:
            said = _said(lead, listened, count)
            total = tuple(map(torch.add, total, said)) if total else said
    return total


def _said(lead: Lead, listened: Listened, count: int) -> tuple[Tensor, ...]:
    """Return what one adds for the first `count` of a batch; zeros for the others."""
    params = lead.network.params
    pooled = listened.pooled if params.pooled_width is not None else None
    said = lead.network(
        listened.x[:count, : params.in_channels],
        listened.timestep[:count],
        listened.tokens[:count],
        lead.features,
        pooled=pooled if pooled is None else pooled[:count],
    )
    weighted = (each * weight for each, weight in zip(said, lead.weights, strict=True))
    others = len(listened.x) - count
    return tuple(nn.functional.pad(each, (0, 0) * 3 + (0, others)) for each in weighted)


class ControlNets:
    """The ControlNets of one model; those that were asked for last are kept."""

    def __init__(
        self,
        unet: UNetParams,
        *,
        factor: int,
        name: str,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        """Begin with none.

        Args:
            unet: sizes of what they lead.
            factor: pixels a side that make one position of a latent.
            name: of the model, for errors.
            device: where they are to be.
            dtype: what they are to compute in.
        """
        self._unet, self._factor, self._name = unet, factor, name
        self._device, self._dtype = device, dtype
        self._kept: dict[tuple[Path, int], ControlNet] = {}

    def of(self, paths: Sequence[Path]) -> tuple[ControlNet, ...]:
        """Return the ControlNets in some files, as the files are now; others are let go.

        Args:
            paths: of the files.

        Raises:
            WeightsError: one is not acceptable, or not made for this model.
            StorageError: one is a pickle, and its conversion cannot be written anywhere.
        """
        keys = [(path, _written(path)) for path in paths]
        self._kept = {key: self._kept[key] for key in keys if key in self._kept}
        for key in keys:
            if key not in self._kept:
                self._kept[key] = self._read(key[0])
        return tuple(self._kept[key] for key in keys)

    def _read(self, path: Path) -> ControlNet:
        found, where = controlnet.read(path), shown(path.name)
        heads = None if self._unet.head_width else self._unet.heads
        params = _sizes.controlnet(found.shapes, heads, where)
        self._check(params, where)
        tensors = {name: t.to(self._device, self._dtype) for name, t in found.tensors.items()}
        return laid_out(bound(lambda: ControlNet(params), tensors, where))

    def _check(self, params: ControlNetParams, where: str) -> None:
        """Refuse one that was made for another kind of model."""
        own, unet = params.unet, self._unet
        faults = {
            "texts are {} wide": (own.context_width, unet.context_width),
            "levels are {} wide": (_widths(own), _widths(unet)),
            "blocks a level are {}": (own.blocks, unet.blocks),
            "vectors beside the texts are {} wide": (own.pooled_width, unet.pooled_width),
            "latents have {} channels": (own.in_channels, unet.out_channels),
            "pictures have {} channels": (params.hint_channels, 3),
            "pictures are {} times as large as latents": (params.factor, self._factor),
        }
        for fault, (found, wanted) in faults.items():
            if found != wanted:
                raise WeightsError(
                    f"{where} is a ControlNet for another kind of model than {self._name!r}: "
                    f"its {fault.format(found)} instead of {wanted}"
                )


def _widths(unet: UNetParams) -> tuple[int, ...]:
    return tuple(unet.channels * multiplier for multiplier in unet.multipliers)


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except (OSError, ValueError) as error:
        raise WeightsError(f"cannot read {shown(str(path))}: {error}") from error
