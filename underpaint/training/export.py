"""The model that a run made, as one file in Stable Diffusion's layout."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from torch import Tensor

from underpaint.requests.train import TrainRequest
from underpaint.training.architecture import PREFIXES, Networks, read
from underpaint.training.checkpoint import Checkpoint
from underpaint.weights.checkpoint import save

__all__ = ["export", "exported"]


def export(
    request: TrainRequest, networks: Networks, learnt: Checkpoint, *, latent_scale: float = 1.0
) -> Path:
    """Write the running mean of the weights as `out/recipe.safetensors`.

    Args:
        request: of the run; a trained latent model gets its autoencoder into the same file.
        networks: those that learnt; only their sizes are looked at.
        learnt: the weights to write.
        latent_scale: of an autoencoder just trained; others bring theirs.

    Returns:
        The file.

    Raises:
        WeightsError: the autoencoder's file cannot be read.
        StorageError: the file cannot be written.
    """
    tensors, remarks = exported(request, learnt)
    if request.kind == "autoencoder":
        remarks["underpaint.latent_scale"] = str(latent_scale)
    sizes = {name: asdict(cast(Any, network).params) for name, network in networks.items()}
    remarks["underpaint.network"] = json.dumps(sizes)
    path = Path(request.out) / f"{Path(request.recipe).name}.safetensors"
    save(path, tensors, remarks)
    return path


def exported(request: TrainRequest, learnt: Checkpoint) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors, by name, and the remarks that the request and the autoencoder give."""
    means = {name: mean for name, mean in learnt.ema.items() if name in learnt.weights}
    tensors = dict(learnt.weights) | means
    remarks: dict[str, str] = {}
    if request.autoencoder:
        given, known = read(Path(request.autoencoder))
        tensors |= {name: t for name, t in given.items() if name.startswith(PREFIXES["vae"])}
        remarks = _of_first_stage(known)
    return tensors, remarks | {
        "format": "pt",
        "underpaint.prediction": request.prediction,
        "underpaint.betas": request.betas + (" zero_terminal" if request.zero_terminal else ""),
        "underpaint.native": str(request.size),
        "underpaint.kind": request.kind,
        "underpaint.recipe": request.recipe,
        "underpaint.step": str(learnt.step),
    } | ({"underpaint.few_steps": str(request.few_steps)} if request.teacher else {})


def _of_first_stage(known: Mapping[str, str]) -> dict[str, str]:
    """Return the remarks that belong to the autoencoder and travel with it."""
    kept = ("underpaint.latent_scale", "underpaint.preview")
    return {name: known[name] for name in kept if name in known}
