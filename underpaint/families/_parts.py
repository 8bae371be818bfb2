"""The networks of a Stable Diffusion file, each made from the tensors below its prefix.

    model.diffusion_model.   the U-Net
    first_stage_model.       the autoencoder

and text encoders, whose prefixes differ from family to family. Sizes are found in names and shapes
(`_sizes`), the rest in the metadata (`_marks`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import torch
from torch import Tensor, nn

from underpaint.families import _sizes
from underpaint.families._marks import SD1_LATENT_SCALE, Marks, understood
from underpaint.networks.clip import ClipText
from underpaint.networks.open_clip import OpenClipText
from underpaint.networks.unet import UNet
from underpaint.networks.vae import Autoencoder
from underpaint.weights.checkpoint import Weights
from underpaint.weights.packed import unpack
from underpaint.weights.rename import bind, hollow, split, text_model

UNET = "model.diffusion_model."
AUTOENCODER = "first_stage_model."

Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True, slots=True)
class Parts:
    """A file's tensors, of which networks are made one by one.

    Attributes:
        weights: of the file.
        tensors: all of them, unpacked.
        marks: what the metadata says.
        where: the file's name, for errors.
        device: where the networks are to be.
        dtype: what they are to compute in.
    """

    weights: Weights
    tensors: Mapping[str, Tensor]
    marks: Marks
    where: str
    device: torch.device
    dtype: torch.dtype

    def unet(self) -> UNet:
        """Return the U-Net.

        Raises:
            WeightsError: it is not whole; names what does not fit.
        """
        where = f"{self.where} (U-Net)"
        tensors = self._below(UNET)
        params = _sizes.unet(_shapes(tensors), self.marks.heads.get("unet"), where)
        return laid_out(bound(lambda: UNet(params), tensors, where))

    def autoencoder(self, dtype: torch.dtype | None = None) -> Autoencoder:
        """Return the autoencoder.

        Args:
            dtype: what it is to compute in, if not what the others do.

        Raises:
            WeightsError: it is not whole; names what does not fit.
        """
        where = f"{self.where} (autoencoder)"
        tensors = self._below(AUTOENCODER, dtype)
        params = _sizes.autoencoder(_shapes(tensors), where)
        return laid_out(bound(lambda: Autoencoder(params), tensors, where))

    def clip(self, prefix: str, *, normalised: bool = True) -> ClipText:
        """Return a text encoder of CLIP.

        Args:
            prefix: of its tensors.
            normalised: whether its features are to be taken behind the last normalisation.

        Raises:
            WeightsError: it is not whole; names what does not fit.
        """
        where = f"{self.where} (text encoder)"
        tensors = text_model(self._below(prefix))
        params = _sizes.text(_shapes(tensors), self.marks.heads.get("text"), where)
        params = replace(params, normalised=normalised)
        return bound(lambda: ClipText(params), tensors, where)

    def open_clip(self, prefix: str, *, normalised: bool = True) -> OpenClipText:
        """Return a text encoder of OpenCLIP.

        Args:
            prefix: of its tensors.
            normalised: whether its features are to be taken behind the last normalisation.

        Raises:
            WeightsError: it is not whole; names what does not fit.
        """
        where = f"{self.where} (OpenCLIP text encoder)"
        tensors = self._below(prefix)
        params = _sizes.open_text(_shapes(tensors), where)
        params = replace(params, normalised=normalised)
        return bound(lambda: OpenClipText(params), tensors, where)

    def _below(self, prefix: str, dtype: torch.dtype | None = None) -> dict[str, Tensor]:
        found = split(self.tensors, prefix)
        return {n: tensor.to(self.device, dtype or self.dtype) for n, tensor in found.items()}


def parts(
    weights: Weights,
    *,
    device: torch.device | str,
    dtype: torch.dtype,
    latent_scale: float = SD1_LATENT_SCALE,
) -> Parts:
    """Return a file's tensors, ready to be made into networks.

    Args:
        weights: of the file.
        device: where the networks are to be.
        dtype: what they are to compute in.
        latent_scale: of the family; the metadata may say otherwise.

    Raises:
        WeightsError: the metadata says what cannot be, or a packed tensor lacks a part.
    """
    where = ascii(weights.path.name) if weights.path else "the model"
    marks = understood(
        weights.metadata, where, names=weights.tensors.keys(), latent_scale=latent_scale
    )
    tensors = unpack(weights.tensors, where)
    return Parts(weights, tensors, marks, where, torch.device(device), dtype)


def _shapes(tensors: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


def bound(make: Callable[[], Network], tensors: Mapping[str, Tensor], where: str) -> Network:
    """Return a network on the tensors; nothing is initialised, nothing copied.

    Args:
        make: builds the network, of the sizes that the tensors have.
        tensors: by their names in it, on the device and in the dtype wanted.
        where: the file and part, for the error.

    Raises:
        WeightsError: names are missing, too many, or of another shape.
    """
    network = hollow(make)
    bind(network, tensors, where)
    return network.eval().requires_grad_(False)


def laid_out(network: Network) -> Network:
    """Return a network with its weights as they are fastest: in 16 bits, channels last.

    Args:
        network: any.
    """
    if next(network.parameters()).dtype.itemsize == 2:
        network.to(memory_format=torch.channels_last)  # pyright: ignore
    return network
