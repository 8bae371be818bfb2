"""Shrunken models of each family under their single-file names, with random weights."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from underpaint.families._parts import AUTOENCODER, UNET
from underpaint.networks.clip import ClipText, ClipTextParams
from underpaint.networks.open_clip import OpenClipText, OpenClipTextParams
from underpaint.networks.unet import UNet, UNetParams
from underpaint.networks.vae import Autoencoder, AutoencoderParams
from underpaint.weights.checkpoint import Weights

LEVELS: Mapping[str, Any] = {"channels": 64, "blocks": 1, "head_width": 64, "linear": True}
PIXELS = AutoencoderParams(channels=64, multipliers=(1, 1, 1, 2), blocks=1)
CLIP = ClipTextParams(width=64, layers=3, heads=1)
OPEN_CLIP = OpenClipTextParams(width=128, layers=4, heads=2, projection=128)
CLIP_PREFIX, OPEN_CLIP_PREFIX, REFINER_PREFIX = (
    f"conditioner.embedders.{name}." for name in ("0.transformer", "1.model", "0.model")
)


def whole(parts: Mapping[str, Callable[[], nn.Module]]) -> Weights:
    """Return a file's weights: those of networks below their prefixes."""
    tensors: dict[str, Tensor] = {}
    for prefix, make in parts.items():
        torch.manual_seed(1)
        named = make().state_dict()
        tensors |= {prefix + name: tensor for name, tensor in named.items()}
    return Weights(tensors, {}, name="small")


def sd2(**sizes: Any) -> Weights:
    """Return a Stable Diffusion 2 with the U-Net's sizes changed."""
    given = {"multipliers": (1, 2), "attention": (1, 0), "context_width": 128, **LEVELS, **sizes}
    return whole(
        {
            UNET: lambda: UNet(UNetParams(**given)),
            AUTOENCODER: lambda: Autoencoder(PIXELS),
            "cond_stage_model.model.": lambda: OpenClipText(OPEN_CLIP),
        }
    )


def sdxl(**sizes: Any) -> Weights:
    """Return a Stable Diffusion XL with the U-Net's sizes changed."""
    given = {"multipliers": (1, 2), "attention": (0, 2), "middle_depth": 2, **LEVELS, **sizes}
    given |= {"context_width": 64 + 128, "pooled_width": 128 + 6 * 256}
    return whole(
        {
            UNET: lambda: UNet(UNetParams(**given)),
            AUTOENCODER: lambda: Autoencoder(PIXELS),
            CLIP_PREFIX: lambda: ClipText(CLIP),
            OPEN_CLIP_PREFIX: lambda: OpenClipText(OPEN_CLIP),
        }
    )


def refiner() -> Weights:
    """Return a refiner of Stable Diffusion XL."""
    given = {"multipliers": (1, 2), "attention": (0, 1), "context_width": 128, **LEVELS}
    return whole(
        {
            UNET: lambda: UNet(UNetParams(**given, pooled_width=128 + 5 * 256)),
            AUTOENCODER: lambda: Autoencoder(PIXELS),
            REFINER_PREFIX: lambda: OpenClipText(OPEN_CLIP),
        }
    )


@pytest.fixture(scope="session")
def sd2_weights() -> Callable[..., Weights]:
    return sd2


@pytest.fixture(scope="session")
def sdxl_weights() -> Weights:
    return sdxl()


@pytest.fixture(scope="session")
def refiner_weights() -> Weights:
    return refiner()
