"""Stable Diffusion 1: U-Net, autoencoder and CLIP text encoder in one file, whatever their size.

Paper: Rombach et al. 2022, arXiv:2112.10752. Stable Diffusion 1.4 and 1.5 and what was trained
from them are of this family, and so are smaller models in the same layout:

    model.diffusion_model.           the U-Net; with `label_emb` it also hears the pooled text
    first_stage_model.               the autoencoder
    cond_stage_model.transformer.    the text encoder, with or without `text_model.`

Sizes are found in names and shapes (`_sizes`), the rest in the metadata (`_marks`); what else
stands in the file (schedules, averages, a discriminator) is passed over.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn

from underpaint.errors import RequestError, WeightsError
from underpaint.families import _sizes
from underpaint.families._marks import Marks, understood
from underpaint.families._model import Conditioning, Model
from underpaint.families._text import Reader
from underpaint.networks.clip import ClipText
from underpaint.networks.unet import UNet
from underpaint.networks.vae import Autoencoder
from underpaint.requests._emphasis import Emphasis
from underpaint.weights.checkpoint import Weights
from underpaint.weights.packed import unpack, unpacked_shapes
from underpaint.weights.rename import bind, hollow, split, text_model

LABEL = "Stable Diffusion 1"

UNET = "model.diffusion_model."
AUTOENCODER = "first_stage_model."
TEXT = "cond_stage_model.transformer."

Network = TypeVar("Network", bound=nn.Module)


def matches(shapes: Mapping[str, tuple[int, ...]]) -> bool:
    """Whether a file holds such a model, by the names and shapes of its tensors.

    Args:
        shapes: of all its tensors, packed or not.
    """
    plain = unpacked_shapes(shapes)
    tokens = "embeddings.token_embedding.weight"
    projection = plain.get(f"{UNET}middle_block.1.proj_in.weight", ())
    return (
        len(projection) == 4  # a convolution: Stable Diffusion 2 has a matrix there
        and f"{AUTOENCODER}decoder.conv_in.weight" in plain
        and (f"{TEXT}{tokens}" in plain or f"{TEXT}text_model.{tokens}" in plain)
    )


def build(
    weights: Weights,
    *,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> Model:
    """Return the model that a file's weights make.

    Args:
        weights: for which `matches` holds.
        device: where to compute.
        dtype: what to compute in.

    Raises:
        WeightsError: they do not make a whole model; names what does not fit.
    """
    device = torch.device(device)
    where = ascii(weights.path.name) if weights.path else "the model"
    marks = understood(weights.metadata, where)
    tensors = unpack(weights.tensors, where)

    def part(prefix: str) -> dict[str, Tensor]:
        found = split(tensors, prefix)
        return {name: tensor.to(device, dtype) for name, tensor in found.items()}

    parts = Parts(
        _unet(part(UNET), marks.heads.get("unet"), f"{where} (U-Net)"),
        _autoencoder(part(AUTOENCODER), f"{where} (autoencoder)"),
        _text(text_model(part(TEXT)), marks.heads.get("text"), f"{where} (text encoder)"),
    )
    _check(parts, where)
    return StableDiffusion1(weights, marks, parts, device=device, dtype=dtype)


@dataclass(frozen=True, slots=True)
class Parts:
    """The three networks.

    Attributes:
        unet: predicts.
        autoencoder: between pixels and latents.
        text: reads the prompt.
    """

    unet: UNet
    autoencoder: Autoencoder
    text: ClipText


class StableDiffusion1(Model):
    """Stable Diffusion 1, of any size."""

    def __init__(
        self,
        weights: Weights,
        marks: Marks,
        parts: Parts,
        *,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        """Put the parts together.

        Args:
            weights: where they come from.
            marks: what their metadata says.
            parts: the networks, on the device and in the dtype.
            device: where the networks are.
            dtype: what they compute in.
        """
        super().__init__(weights, marks, device=device, dtype=dtype)
        self._parts = parts
        self._reader = Reader(parts.text, device)

    @property
    def readers(self) -> tuple[Reader, ...]:
        """Its one text encoder."""
        return (self._reader,)

    @property
    def factor(self) -> int:
        """Pixels a side that make one position of a latent; 8 for 1.5."""
        return self._parts.autoencoder.params.factor

    @property
    def latent_channels(self) -> int:
        """Channels of a latent; 4 for 1.5."""
        return self._parts.autoencoder.params.latent_channels

    def encode_text(
        self, text: str, *, clip_skip: int = 1, emphasis: Emphasis = "original"
    ) -> Conditioning:
        """Return a prompt as the network listens to it.

        Args:
            text: weights in brackets, BREAK and all; "" for none.
            clip_skip: 1 = the text encoder's last layer; n stops n - 1 layers earlier. The last
                normalisation is applied in every case.
            emphasis: what the weights do.

        Raises:
            RequestError: the text encoder has fewer layers, or the prompt is not acceptable.
        """
        layers = self._parts.text.params.layers
        if not 1 <= clip_skip <= layers:
            raise RequestError(
                f"clip_skip is {clip_skip}; for {self.name!r} it must be 1 to {layers}"
            )
        tokens, pooled = self._reader.read(text, clip_skip=clip_skip, emphasis=emphasis)
        listens = self._parts.unet.params.pooled_width is not None
        return Conditioning(tokens, pooled if listens else None, clip_skip)

    def _predicted(
        self, x: Tensor, timestep: Tensor, tokens: Tensor, pooled: Tensor | None
    ) -> Tensor:
        return self._parts.unet(x, timestep, tokens, pooled)

    def _encoded(self, pixels: Tensor) -> Tensor:
        mean, _ = self._parts.autoencoder.encode(pixels)
        return mean

    def _decoded(self, latent: Tensor) -> Tensor:
        return self._parts.autoencoder.decode(latent)


def _unet(tensors: Mapping[str, Tensor], heads: int | None, where: str) -> UNet:
    params = _sizes.unet(_shapes(tensors), heads, where)
    return _bound(lambda: UNet(params), tensors, where)


def _autoencoder(tensors: Mapping[str, Tensor], where: str) -> Autoencoder:
    params = _sizes.autoencoder(_shapes(tensors), where)
    return _bound(lambda: Autoencoder(params), tensors, where)


def _text(tensors: Mapping[str, Tensor], heads: int | None, where: str) -> ClipText:
    params = _sizes.text(_shapes(tensors), heads, where)
    return _bound(lambda: ClipText(params), tensors, where)


def _shapes(tensors: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


def _bound(make: Callable[[], Network], tensors: Mapping[str, Tensor], where: str) -> Network:
    """Return a network on the tensors; nothing is initialised, nothing copied."""
    network = hollow(make)
    bind(network, tensors, where)
    return network.eval().requires_grad_(False)


def _check(parts: Parts, where: str) -> None:
    """Refuse parts that are whole but do not fit each other."""
    unet, latent = parts.unet.params, parts.autoencoder.params.latent_channels
    width = parts.text.params.width
    if (unet.in_channels, unet.out_channels) != (latent, latent):
        raise WeightsError(
            f"{where} has a U-Net from {unet.in_channels} to {unet.out_channels} channels on "
            f"latents of {latent}; forms for inpainting and the like are not supported"
        )
    if unet.context_width != width or unet.pooled_width not in {None, width}:
        raise WeightsError(f"{where} has a U-Net for text of another width than {width}")
