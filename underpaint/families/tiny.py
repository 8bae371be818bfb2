"""A whole Stable Diffusion with random weights, made in a moment: for tests and demonstrations.

It paints nothing anybody would recognise, but every part of the real one is there, in the same
classes, and the same request gives the same picture. It has no file: ask for it by its name.
"""

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from underpaint.families import sd1
from underpaint.families._model import Model
from underpaint.networks.clip import ClipText, ClipTextParams
from underpaint.networks.unet import UNet, UNetParams
from underpaint.networks.vae import Autoencoder, AutoencoderParams
from underpaint.weights.checkpoint import Weights
from underpaint.weights.rename import hollow

LABEL = "Tiny (random weights)"
NAME = "tiny"
SEED = 1958

UNET = UNetParams(
    channels=16,
    multipliers=(1, 2),
    blocks=1,
    attention=(False, True),
    context_width=32,
    pooled_width=32,
)
AUTOENCODER = AutoencoderParams(channels=8, multipliers=(1, 1, 2, 2), blocks=1)
TEXT = ClipTextParams(width=32, layers=2, heads=1)


def matches(shapes: Mapping[str, tuple[int, ...]]) -> bool:
    """Whether a file holds it: none does. One that was saved is a small Stable Diffusion 1.

    Args:
        shapes: of a file's tensors, which do not matter.
    """
    del shapes
    return False


def weights() -> Weights:
    """Return its weights, the same at every call and on every machine."""
    tensors = {
        prefix + name: tensor
        for prefix, network in _networks().items()
        for name, tensor in _drawn(network).items()
    }
    return Weights(tensors, {"underpaint.latent_scale": "1"}, name=NAME)


def build(
    weights: Weights,
    *,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> Model:
    """Return the model.

    Args:
        weights: what `weights` returns.
        device: where to compute.
        dtype: what to compute in.
    """
    return sd1.build(weights, device=device, dtype=dtype)


def _networks() -> dict[str, nn.Module]:
    return {
        sd1.UNET: hollow(lambda: UNet(UNET)),
        sd1.AUTOENCODER: hollow(lambda: Autoencoder(AUTOENCODER)),
        sd1.TEXT: hollow(lambda: ClipText(TEXT)),
    }


def _drawn(network: nn.Module) -> dict[str, Tensor]:
    """Return random weights: normalisations that do nothing, all else of unit gain."""
    chance = torch.Generator().manual_seed(SEED)
    drawn: dict[str, Tensor] = {}
    for name, tensor in network.state_dict().items():
        if tensor.ndim > 1:
            spread = 1 / math.sqrt(tensor[0].numel()) if "embedding" not in name else 0.5
            drawn[name] = spread * torch.randn(tensor.shape, generator=chance)
        else:
            norm = name.endswith("weight")
            drawn[name] = torch.ones(tensor.shape) if norm else torch.zeros(tensor.shape)
    return drawn
