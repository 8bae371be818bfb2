"""Stable Diffusion 2: OpenCLIP's text encoder, and a network that predicts v or eps.

    model.diffusion_model.   the U-Net, its transformers with linear layers and heads 64 wide
    first_stage_model.       the autoencoder
    cond_stage_model.model.  the text encoder, OpenCLIP ViT-H/14; its last layer is not heard

Nothing in a file need say which of the two the network predicts. Where nothing does, it is asked
(`StableDiffusion2.prediction`).
"""

import re
from collections.abc import Mapping
from functools import cached_property

import torch

from underpaint.diffusion.prediction import PREDICTIONS, Prediction
from underpaint.families import _distilled
from underpaint.families._marks import understood
from underpaint.families._model import Model
from underpaint.families._parts import AUTOENCODER, UNET, Parts, parts
from underpaint.families._stable import Networks, StableDiffusion
from underpaint.families._text import Reader
from underpaint.weights.checkpoint import Weights
from underpaint.weights.packed import unpacked_shapes

LABEL = "Stable Diffusion 2"

TEXT = "cond_stage_model.model."
PADDING = 0

SIDES = {"eps": 512, "v": 768}
"""Pixels a side that the published models were trained at, by what they predict."""

_SIDE = re.compile(r"(?<!\d)(512|768)(?!\d)")


def matches(shapes: Mapping[str, tuple[int, ...]]) -> bool:
    """Whether a file holds such a model, by the names and shapes of its tensors.

    Args:
        shapes: of all its tensors, packed or not.
    """
    plain = unpacked_shapes(shapes)
    return (
        len(plain.get(f"{UNET}middle_block.1.proj_in.weight", ())) == 2
        and f"{AUTOENCODER}decoder.conv_in.weight" in plain
        and f"{TEXT}token_embedding.weight" in plain
    )


def suits(
    name: str, shapes: Mapping[str, tuple[int, ...]], metadata: Mapping[str, str]
) -> Mapping[str, object]:
    """Return what suits a model where a person does not say: the size it was trained at.

    That is the one in its name, else the one that goes with what its file says it predicts.

    Args:
        name: of the model.
        shapes: of the file's tensors.
        metadata: of the file.

    Raises:
        WeightsError: the metadata says what it cannot.
    """
    told = _SIDE.search(name)
    predicted = understood(metadata, name, names=shapes).prediction
    side = int(told[1]) if told else SIDES.get(predicted.name) if predicted else None
    size = {} if side is None else {"width": side, "height": side}
    return {**size, **_distilled.suits(name, shapes, metadata)}


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
    found = parts(weights, device=device, dtype=dtype)
    text = found.open_clip(TEXT)
    readers = (Reader(text, found.device, padding=PADDING),)
    networks = Networks(found.unet(), found.autoencoder(), readers)
    return StableDiffusion2(found, networks, cut=text.params.projection is None)


class StableDiffusion2(StableDiffusion):
    """Stable Diffusion 2, of any size."""

    def __init__(self, parts: Parts, networks: Networks, *, cut: bool) -> None:
        """Put the networks together.

        Args:
            parts: of the file that they come from.
            networks: on its device.
            cut: the text encoder comes without what is not heard, its last layer and its
                projection: diffusers keeps it so.

        Raises:
            WeightsError: the networks are whole but do not fit each other.
        """
        super().__init__(parts, networks)
        self._cut = cut

    @property
    def prediction(self) -> Prediction:
        """What its network predicts: what the file says, else what the network shows.

        At the last timestep there is hardly anything but noise, so a network that predicts the
        noise gives back what it sees, once; one that predicts v gives minus a picture that has
        nothing to do with that noise. How often the input is in the output is then 1 or 0 (0.995
        and below 0.07 for the best denoiser of data of unit width), whatever was painted in
        training; a half lies between them. AUTOMATIC1111 shows the network an even grey instead,
        which no training showed it, and looks at the mean of what it says.
        """
        return self._marks.prediction or self._shown

    @cached_property
    @torch.no_grad()
    def _shown(self) -> Prediction:
        chance = torch.Generator().manual_seed(0)
        noise = torch.randn((1, self.latent_channels, 16, 16), generator=chance)
        nothing = torch.cat([torch.ones(1, 1, 16, 16), torch.zeros_like(noise)], dim=1)
        seen = torch.cat([noise, nothing], dim=1) if self.inpaints else noise
        last = torch.tensor([len(self.clock.sigmas) - 1.0], device=self.device)
        heard = self._heard(1, [self.encode_text("")], guidance_scale=1.0)
        said = self._predicted(seen.to(self.device, self.dtype), last, heard).float().cpu()
        share = float((said * noise).sum() / (noise * noise).sum())
        return PREDICTIONS["eps" if share > 0.5 else "v"]

    def _skipped(self, clip_skip: int) -> int:
        """Return which layer to read: the last but one, or an earlier one if that is asked for."""
        return max(clip_skip, 2) - (1 if self._cut else 0)
