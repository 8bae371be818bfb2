"""Latents made once and kept on disk: the encoder is the slow part, and it does not change."""

import hashlib
from collections.abc import Generator
from pathlib import Path

import numpy
import torch
from torch import Tensor
from torch.nn import functional as F

from underpaint import files
from underpaint.errors import WeightsError
from underpaint.events import Event, Progress
from underpaint.requests.train import TrainRequest
from underpaint.training.dataset import PictureSet
from underpaint.training.events import Noted
from underpaint.training.first_stage import FirstStage
from underpaint.training.optimizer import fastest, numbers
from underpaint.weights.checkpoint import read, save

__all__ = ["augmented", "copies", "latents"]

BATCH = 16
SHIFT = 1 / 16
"""How far a copy may be moved, as a share of its side."""


def copies(request: TrainRequest) -> int:
    """Return how many latents each picture has: its variants, and all of them mirrored if asked."""
    return request.variants * (2 if request.flip else 1)


def latents(
    request: TrainRequest, pictures: PictureSet, first_stage: FirstStage, folder: Path
) -> Generator[Event, None, Tensor]:
    """Return the latents of all copies of all pictures; those on disk are used if they are right.

    Args:
        request: says which copies.
        pictures: what to encode.
        first_stage: the encoder.
        folder: where the file is kept.

    Yields:
        Progress while encoding, and a note if a file on disk had to be made again.

    Returns:
        (copies, N, C, h, w) float32 on the CPU, of about unit spread.
    """
    settings = f"latents 1 {request.variants} {request.flip} {request.precision}"
    name = hashlib.sha256(
        f"{settings} {first_stage.fingerprint} {pictures.fingerprint}".encode()
    ).hexdigest()
    path = folder / f"latents-{name[:16]}.safetensors"
    kept = _kept(path, name)
    if kept is None:
        if path.exists():
            yield Noted(f"{path.name} is damaged; the latents are made again")
        kept = yield from _encoded(request, pictures, first_stage)
        marks = {"fingerprint": name, "digest": _digest(kept)}
        files.folder(folder)
        save(path, {"latents": kept}, marks)
    return kept * first_stage.scale


def _kept(path: Path, name: str) -> Tensor | None:
    """Return the latents in a file if they are what the fingerprint names, whole and unchanged."""
    try:
        found = read(path)
        kept = found.tensors["latents"]
    except (WeightsError, KeyError):
        return None
    marks = found.metadata
    whole = marks.get("fingerprint") == name and marks.get("digest") == _digest(kept)
    return kept if whole else None


def _digest(tensor: Tensor) -> str:
    return hashlib.sha256(tensor.numpy().tobytes()).hexdigest()


def _encoded(
    request: TrainRequest, pictures: PictureSet, first_stage: FirstStage
) -> Generator[Event, None, Tensor]:
    device = next(first_stage.network.parameters()).device
    total, count = len(pictures), copies(request)
    precision = request.precision
    if precision == "auto":
        some = pictures.batch(torch.arange(min(BATCH, total)), device)
        precision, _ = fastest(lambda: first_stage.encode(some), device)
    done: list[Tensor] = []
    for copy in range(count):
        for start in range(0, total, BATCH):
            chosen = torch.arange(start, min(start + BATCH, total))
            pixels = augmented(pictures.batch(chosen, device), copy, request)
            with numbers(precision, device):
                done.append(first_stage.encode(pixels).cpu().contiguous())
            yield Progress(copy * total + int(chosen[-1]) + 1, count * total, "encode latents")
    return torch.cat(done).unflatten(0, (count, total))


def augmented(pixels: Tensor, copy: int, request: TrainRequest) -> Tensor:
    """Return one of the copies of pictures.

    Args:
        pixels: (B, 3, H, W).
        copy: 0 is the picture itself; odd ones are mirrored if the request has flips; each further
            variant is moved a little, the edge repeated where nothing is known.
        request: its flip, its seed and its variants.

    Returns:
        Like pixels.
    """
    variant, mirrored = divmod(copy, 2) if request.flip else (copy, 0)
    if variant:
        draw = numpy.random.default_rng((request.seed, variant))
        room = max(1, round(pixels.shape[-1] * SHIFT))
        left, top = (int(place) for place in draw.integers(0, 2 * room + 1, 2))
        padded = F.pad(pixels, (room,) * 4, mode="replicate")
        pixels = padded[:, :, top : top + pixels.shape[2], left : left + pixels.shape[3]]
    return pixels.flip(-1) if mirrored else pixels
