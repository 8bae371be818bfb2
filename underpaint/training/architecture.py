"""The networks of a run, built from the sizes in the request and named as in a checkpoint file."""

from collections.abc import Generator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar, cast

import torch
from torch import Tensor, nn

from underpaint.errors import TrainingError
from underpaint.events import Event
from underpaint.networks.clip import ClipText, ClipTextParams
from underpaint.networks.unet import UNet, UNetParams
from underpaint.networks.vae import Autoencoder, AutoencoderParams
from underpaint.requests.train import TrainRequest
from underpaint.training.events import Noted
from underpaint.training.order import generator
from underpaint.weights import checkpoint
from underpaint.weights.packed import unpack

__all__ = [
    "Networks",
    "architecture",
    "begun",
    "check_size",
    "learning",
    "read",
    "sized",
    "weights",
]

Networks = Mapping[str, nn.Module]
"""Networks by their name in a request's `network`: "unet", "text", "vae"."""

PREFIXES = {
    "unet": "model.diffusion_model.",
    "vae": "first_stage_model.",
    "text": "cond_stage_model.transformer.",
}
"""What each network's weights are called in a Stable Diffusion file, Rombach et al. 2022."""

P = TypeVar("P")


def architecture(request: TrainRequest, *, channels: int) -> Networks:
    """Build the networks that a run teaches, their first weights drawn from its seed.

    Args:
        request: its `kind` says which, its `network` their sizes: `{"unet": {...}}`, with
            `"text": {...}` for a text encoder, which learns along unless `"freeze_text"` is true,
            or `{"vae": {...}}`.
        channels: of what is denoised: 3 for pixels, else those of the latent.

    Returns:
        The networks on the CPU, in float32.

    Raises:
        TrainingError: a size has no such name.
    """
    torch.manual_seed(generator(request.seed, "weights", 0).initial_seed())
    if request.kind == "autoencoder":
        return {"vae": Autoencoder(sized(AutoencoderParams, request.network.get("vae", {})))}

    networks: dict[str, nn.Module] = {}
    listens: dict[str, Any] = {"context_width": 32}
    if "text" in request.network:
        text = sized(ClipTextParams, request.network["text"])
        networks["text"] = _text(text, frozen=bool(request.network.get("freeze_text", False)))
        listens = {"context_width": text.width}
    own = {"in_channels": channels, "out_channels": channels, **listens}
    networks["unet"] = UNet(sized(UNetParams, own | dict(request.network.get("unet", {}))))
    _quieten(networks["unet"])
    return networks


def _quieten(unet: nn.Module) -> None:
    """Let every residual branch, and the whole network, begin by saying nothing.

    Goyal et al. 2017, arXiv:1706.02677, section 5.1; for diffusion, Dhariwal and Nichol 2021.
    """
    for name, layer in unet.named_modules():
        if name.endswith(("out_layers.3", "proj_out")) or name == "out.2":
            for weight in layer.parameters():
                nn.init.zeros_(weight)


def check_size(size: int, networks: Networks, *, pixels: int = 1) -> None:
    """Refuse pictures that networks cannot halve as often as they want to.

    Args:
        size: width and height of the pictures.
        networks: what is to work on them, or on their latents.
        pixels: a side that become one latent position.

    Raises:
        TrainingError: the size does not divide.
    """
    for network in networks.values():
        if isinstance(network, Autoencoder):
            pixels *= network.params.factor
        elif isinstance(network, UNet):
            pixels *= 2 ** (len(network.params.multipliers) - 1)
    if size % pixels:
        raise TrainingError(f"size is {size}; for these networks it must be a multiple of {pixels}")


def sized(params: type[P], sizes: Mapping[str, Any]) -> P:
    """Return a network's sizes from a mapping.

    Raises:
        TrainingError: a name that the network does not have.
    """
    known = [field.name for field in fields(cast(Any, params))]
    for name in sizes:
        if name not in known:
            raise TrainingError(
                f"no size {name!r} in {params.__name__}; there are: {', '.join(known)}"
            )
    return params(**sizes)


def _text(params: ClipTextParams, *, frozen: bool) -> ClipText:
    text = ClipText(params)
    for table in (
        text.text_model.embeddings.token_embedding,
        text.text_model.embeddings.position_embedding,
    ):
        nn.init.normal_(
            table.weight, std=0.02
        )  # Radford et al. 2019: torch's own 1.0 drowns the rest
    return text.requires_grad_(not frozen)


def weights(networks: Networks) -> dict[str, Tensor]:
    """Return all weights under their names in a checkpoint file."""
    return {
        PREFIXES[part] + name: value
        for part, network in networks.items()
        for name, value in network.state_dict().items()
    }


def learning(networks: Networks) -> dict[str, nn.Parameter]:
    """Return the weights that learn, under the same names."""
    return {
        PREFIXES[part] + name: value
        for part, network in networks.items()
        for name, value in network.named_parameters()
        if value.requires_grad
    }


def read(path: Path) -> tuple[dict[str, Tensor], Mapping[str, str]]:
    """Read the weights of a safetensors file, packed ones unpacked, and its remarks.

    Raises:
        WeightsError: there is no such file, or it is not whole.
    """
    found = checkpoint.read(path)
    return dict(unpack(found.tensors, str(path))), found.metadata


@torch.no_grad()
def begun(networks: Networks, start: Path) -> Generator[Event, None, None]:
    """Give the networks the weights of a file, wherever name and shape agree.

    Args:
        networks: their other weights stay.
        start: a safetensors file.

    Yields:
        A note on how many were taken.

    Raises:
        TrainingError: nothing in the file fits.
        WeightsError: the file cannot be read.
    """
    given, _ = read(start)
    own = weights(networks)
    fitting = [n for n, value in own.items() if n in given and given[n].shape == value.shape]
    if not fitting:
        raise TrainingError(f"nothing in {str(start)!r} fits these networks; check their sizes")
    for name in fitting:
        own[name].copy_(given[name])
    yield Noted(f"started {len(fitting)} of {len(own)} tensors from {start}")
