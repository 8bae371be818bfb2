"""The trained autoencoder that latents come from and go back through; it does not learn here."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from underpaint.errors import TrainingError
from underpaint.families import _marks, _sizes
from underpaint.networks.vae import Autoencoder
from underpaint.training.architecture import PREFIXES, read

__all__ = ["FirstStage", "load_first_stage"]


@dataclass(frozen=True, slots=True, eq=False)
class FirstStage:
    """A frozen autoencoder.

    Attributes:
        network: in evaluation mode, on the run's device.
        scale: what its means are multiplied by to be of unit spread.
        fingerprint: names exactly these weights.
    """

    network: Autoencoder
    scale: float
    fingerprint: str

    @torch.no_grad()
    def encode(self, pixels: Tensor) -> Tensor:
        """Return the unscaled mean latents of pictures (B, 3, H, W) in -1..1."""
        return self.network.encode(pixels)[0].float()

    @torch.no_grad()
    def decode(self, latents: Tensor) -> Tensor:
        """Return the pictures (B, 3, H, W), about -1..1, of scaled latents."""
        return self.network.decode(latents / self.scale).float()


def load_first_stage(path: Path, device: torch.device) -> FirstStage:
    """Read the autoencoder in a file; one inside a whole model will do.

    Args:
        path: a safetensors file.
        device: where it is to work.

    Raises:
        TrainingError: it holds no autoencoder.
        WeightsError: it cannot be read, or its autoencoder is not whole.
    """
    tensors, metadata = read(path)
    prefix, where = PREFIXES["vae"], str(path)
    own = {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}
    if not own:
        raise TrainingError(f"{where!r} holds no autoencoder (no name begins with {prefix!r})")

    shapes = {name: tuple(tensor.shape) for name, tensor in own.items()}
    network = Autoencoder(_sizes.autoencoder(shapes, where))
    try:
        network.load_state_dict(own)
    except RuntimeError as error:
        raise TrainingError(f"the autoencoder in {where!r} is not whole: {error}") from error
    network.eval().requires_grad_(requires_grad=False)
    network.to(device=device).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return FirstStage(network, _marks.understood(metadata, where).latent_scale, digest)
