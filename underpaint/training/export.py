"""The model that a run made, as one file in Stable Diffusion's layout."""

import json
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from underpaint.requests.train import TrainRequest
from underpaint.training.architecture import PREFIXES, read
from underpaint.training.checkpoint import Checkpoint
from underpaint.weights.checkpoint import save

__all__ = ["export", "exported"]


def export(request: TrainRequest, checkpoint: Checkpoint, *, latent_scale: float = 1.0) -> Path:
    """Write the running mean of the weights as `out/recipe.safetensors`.

    Args:
        request: of the run; a trained latent model gets its autoencoder into the same file.
        checkpoint: what to write.
        latent_scale: of an autoencoder just trained; others bring theirs.

    Returns:
        The file.

    Raises:
        WeightsError: the autoencoder's file cannot be read.
        StorageError: the file cannot be written.
    """
    tensors, metadata = exported(request, checkpoint, latent_scale=latent_scale)
    path = Path(request.out) / f"{Path(request.recipe).name}.safetensors"
    save(path, tensors, metadata)
    return path


def exported(
    request: TrainRequest, checkpoint: Checkpoint, *, latent_scale: float
) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors and the metadata that `export` writes."""
    tensors = dict(checkpoint.weights) | dict(checkpoint.ema)
    sizes = {name: part for name, part in request.network.plain().items() if isinstance(part, dict)}
    scale = str(latent_scale)
    if request.autoencoder:
        first_stage, marks = read(Path(request.autoencoder))
        tensors |= {n: t for n, t in first_stage.items() if n.startswith(PREFIXES["vae"])}
        sizes = json.loads(marks.get("underpaint.network", "{}")) | sizes
        scale = marks.get("underpaint.latent_scale", scale)
    return tensors, _metadata(request, checkpoint, sizes, scale)


def _metadata(
    request: TrainRequest, checkpoint: Checkpoint, sizes: Mapping[str, object], scale: str
) -> dict[str, str]:
    return {
        "format": "pt",
        "underpaint.prediction": request.prediction,
        "underpaint.betas": request.betas,
        "underpaint.latent_scale": scale,
        "underpaint.native": str(request.size),
        "underpaint.network": json.dumps(sizes),
        "underpaint.kind": request.kind,
        "underpaint.recipe": request.recipe,
        "underpaint.step": str(checkpoint.step),
    }
