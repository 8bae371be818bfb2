"""The trained autoencoder that latents come from and go back through; it does not learn here."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from underpaint.errors import TrainingError
from underpaint.networks.vae import Autoencoder, AutoencoderParams
from underpaint.requests.train import TrainRequest
from underpaint.training.architecture import PREFIXES, read, sized

__all__ = ["FirstStage", "load_first_stage"]


@dataclass(frozen=True, slots=True, eq=False)
class FirstStage:
    """A frozen autoencoder.

    Attributes:
        network: in evaluation mode, on the run's device.
        scale: what its means are multiplied by to be of unit spread.
        sizes: its parameters as JSON, for the file that is made of it.
        fingerprint: names exactly these weights.
    """

    network: Autoencoder
    scale: float
    sizes: str
    fingerprint: str

    @torch.no_grad()
    def encode(self, pixels: Tensor) -> Tensor:
        """Return the unscaled mean latents of pictures (B, 3, H, W) in -1..1."""
        return self.network.encode(pixels)[0].float()

    @torch.no_grad()
    def decode(self, latents: Tensor) -> Tensor:
        """Return the pictures (B, 3, H, W), about -1..1, of scaled latents."""
        return self.network.decode(latents / self.scale).float()


def load_first_stage(request: TrainRequest, device: torch.device) -> FirstStage:
    """Read the autoencoder that `request.autoencoder` names.

    Its sizes are those written in the file, or `request.network["vae"]`.

    Raises:
        WeightsError: the file cannot be read.
        TrainingError: it holds no autoencoder or does not tell its scale.
    """
    path = Path(request.autoencoder or "")
    tensors, metadata = read(path)
    prefix = PREFIXES["vae"]
    own = {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}
    if not own or "underpaint.latent_scale" not in metadata:
        raise TrainingError(f"{str(path)!r} holds no autoencoder with its latent scale")
    sizes = json.loads(metadata.get("underpaint.network", "{}")).get("vae", {})
    sizes |= dict(request.network.get("vae", {}))

    network = Autoencoder(sized(AutoencoderParams, _tuples(sizes)))
    try:
        network.load_state_dict(own)
    except RuntimeError as error:
        raise TrainingError(
            f"{str(path)!r} does not fit the autoencoder's sizes: {error}"
        ) from error
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    network = network.eval().requires_grad_(requires_grad=False)
    network.to(device=device).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    return FirstStage(
        network, float(metadata["underpaint.latent_scale"]), json.dumps(sizes), digest
    )


def _tuples(sizes: dict[str, object]) -> dict[str, object]:
    return {name: tuple(v) if isinstance(v, list) else v for name, v in sizes.items()}
