"""Stable Diffusion 1: U-Net, autoencoder and CLIP text encoder in one file, whatever their size.

Paper: Rombach et al. 2022, arXiv:2112.10752. Stable Diffusion 1.4 and 1.5 and what was trained
from them are of this family, and so are smaller models in the same layout:

    model.diffusion_model.           the U-Net; with `label_emb` it also hears the pooled text
    first_stage_model.               the autoencoder
    cond_stage_model.transformer.    the text encoder, with or without `text_model.`

What else stands in the file (schedules, averages, a discriminator) is passed over.
"""

from collections.abc import Mapping

import torch

from underpaint.families import _distilled
from underpaint.families._model import Model
from underpaint.families._parts import AUTOENCODER, UNET, parts
from underpaint.families._stable import Networks, StableDiffusion
from underpaint.families._text import Reader
from underpaint.weights.checkpoint import Weights
from underpaint.weights.packed import unpacked_shapes

LABEL = "Stable Diffusion 1"

TEXT = "cond_stage_model.transformer."

suits = _distilled.suits


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
    found = parts(weights, device=device, dtype=dtype)
    networks = Networks(
        found.unet(), found.autoencoder(), (Reader(found.clip(TEXT), found.device),)
    )
    return StableDiffusion(found, networks)
