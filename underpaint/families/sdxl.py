"""Stable Diffusion XL, and its refiner: two text encoders or one, and numbers in small print.

Paper: Podell et al. 2023, arXiv:2307.01952.

    model.diffusion_model.               the U-Net; `label_emb` hears the pooled text and numbers
    first_stage_model.                   the autoencoder
    conditioner.embedders.0.transformer. CLIP ViT-L/14, for the base model
    conditioner.embedders.1.model.       OpenCLIP ViT-bigG/14, for the base model
    conditioner.embedders.0.model.       the same, for the refiner

Of both text encoders the last layer but one is heard, before any normalisation. The numbers
(section 2.2) say how large the picture was, where it was cut, and how large it is to be; to the
refiner they say, instead of the last, how beautiful it is. As in AUTOMATIC1111, the picture was as
large as it is to be and was not cut, and a negative text is heard with a lower score; an empty one
is not heard at all, but for the numbers.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from underpaint.diffusion.sigmas import ALIGNED_SDXL
from underpaint.families import _distilled
from underpaint.families._heard import Conditioning, Heard
from underpaint.families._model import Model
from underpaint.families._parts import AUTOENCODER, UNET, parts
from underpaint.families._stable import Networks, StableDiffusion
from underpaint.families._text import Reader
from underpaint.networks.unet import timestep_features
from underpaint.requests._emphasis import Emphasis
from underpaint.weights.checkpoint import Weights
from underpaint.weights.packed import unpacked_shapes

LABEL = "Stable Diffusion XL"
SIZE: Mapping[str, object] = {"width": 1024, "height": 1024}

CLIP = "conditioner.embedders.0.transformer."
OPEN_CLIP = "conditioner.embedders.1.model."
REFINER = "conditioner.embedders.0.model."
PADDING = 0

LATENT_SCALE = 0.13025
FEATURES = 256
"""Of each number in small print."""
SCORE, NEGATIVE_SCORE = 6.0, 2.5
"""How beautiful a picture is to be, and what to keep away from, 1..10."""


def matches(shapes: Mapping[str, tuple[int, ...]]) -> bool:
    """Whether a file holds such a model, by the names and shapes of its tensors.

    Args:
        shapes: of all its tensors, packed or not.
    """
    plain = unpacked_shapes(shapes)
    tokens = "token_embedding.weight"
    return (
        f"{UNET}label_emb.0.0.weight" in plain
        and f"{AUTOENCODER}decoder.conv_in.weight" in plain
        and (f"{OPEN_CLIP}{tokens}" in plain or f"{REFINER}{tokens}" in plain)
    )


def suits(
    name: str, shapes: Mapping[str, tuple[int, ...]], metadata: Mapping[str, str]
) -> Mapping[str, object]:
    """Return what suits a model where a person does not say: the size it was trained at.

    Args:
        name: of the model.
        shapes: of the file's tensors.
        metadata: of the file.
    """
    return {**SIZE, **_distilled.suits(name, shapes, metadata)}


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
        dtype: what to compute in. In float16 the numbers within the published autoencoder become
            infinite, so it computes in float32 then.

    Raises:
        WeightsError: they do not make a whole model; names what does not fit.
    """
    found = parts(weights, device=device, dtype=dtype, latent_scale=LATENT_SCALE)
    refines = f"{OPEN_CLIP}token_embedding.weight" not in found.tensors
    open_clip = found.open_clip(REFINER if refines else OPEN_CLIP, normalised=False)
    readers = (Reader(open_clip, found.device, padding=PADDING),)
    if not refines:
        readers = (Reader(found.clip(CLIP, normalised=False), found.device), *readers)
    pixels = torch.float32 if dtype == torch.float16 else dtype
    return StableDiffusionXL(found, Networks(found.unet(), found.autoencoder(pixels), readers))


class StableDiffusionXL(StableDiffusion):
    """Stable Diffusion XL or its refiner, of any size."""

    @property
    def aligned(self) -> Sequence[float]:
        """The levels of ten steps that the schedule align_your_steps has for it."""
        return ALIGNED_SDXL

    @property
    def refines(self) -> bool:
        """Whether it is the refiner, made for the last, lowest noise levels."""
        return len(self._readers) == 1

    @torch.no_grad()
    def encode_text(
        self,
        text: str,
        *,
        clip_skip: int = 1,
        emphasis: Emphasis = "original",
        negative: bool = False,
    ) -> Conditioning:
        """Return a prompt as the network listens to it.

        Args:
            text: weights in brackets, BREAK and all; "" for none.
            clip_skip: 1 or 2 = the last layer but one; n stops n - 2 layers earlier than that.
            emphasis: what the weights do.
            negative: an empty text is not heard, and the refiner hears a lower score.

        Raises:
            RequestError: a text encoder has fewer layers, or the prompt is not acceptable.
        """
        found = super().encode_text(text, clip_skip=clip_skip, emphasis=emphasis)
        assert found.pooled is not None
        tokens, pooled = found.tokens, found.pooled
        if negative and not text:
            tokens, pooled = torch.zeros_like(tokens), torch.zeros_like(pooled)
        if self.refines:
            score = _features([NEGATIVE_SCORE if negative else SCORE]).to(pooled)
            pooled = torch.cat([pooled, score], dim=1)
        return found._replace(tokens=tokens, pooled=pooled)

    def _skipped(self, clip_skip: int) -> int:
        return max(clip_skip, 2)

    @property
    def _pooled_width(self) -> int:
        numbers = len(self._numbers(0, 0)) + (1 if self.refines else 0)
        return super()._pooled_width + numbers * FEATURES

    def _numbers(self, height: int, width: int) -> Sequence[int]:
        """Return the size of the picture and of its margins, and the size it is to have."""
        aim = () if self.refines else (height, width)
        return (height, width, 0, 0, *aim)

    def _predicted(self, x: Tensor, timestep: Tensor, heard: Heard) -> Tensor:
        assert heard.pooled is not None
        height, width = (side * self.factor for side in x.shape[2:])
        numbers = _features(self._numbers(height, width)).to(heard.pooled).expand(len(x), -1)
        text, score = heard.pooled.tensor_split([super()._pooled_width], dim=1)
        vector = torch.cat([text, numbers, score], dim=1)
        return super()._predicted(x, timestep, heard._replace(pooled=vector))


def _features(numbers: Sequence[float]) -> Tensor:
    """Return what a network hears of numbers, (1, FEATURES * their count), float32."""
    return timestep_features(torch.tensor(numbers, dtype=torch.float32), FEATURES).reshape(1, -1)
