"""The lesson of each kind of run, put together from its request and its data."""

from collections.abc import Generator
from pathlib import Path

import torch

from underpaint.diffusion.forward import Clock, FlowClock, betas
from underpaint.diffusion.prediction import PREDICTIONS
from underpaint.events import Event
from underpaint.networks.clip import ClipText
from underpaint.requests.train import TrainRequest
from underpaint.training.architecture import Networks
from underpaint.training.cache import latents
from underpaint.training.captions import Captions, Tokenize
from underpaint.training.dataset import Pictures
from underpaint.training.denoising import Denoising, Examples, Process
from underpaint.training.first_stage import FirstStage
from underpaint.training.lesson import Lesson
from underpaint.training.reconstruction import Reconstruction, mirrored

__all__ = ["clock", "lesson"]

SHOWN = 16


def clock(request: TrainRequest) -> Clock:
    """Return the noise levels that a request trains on; a flow has its own."""
    return (
        FlowClock.shifted()
        if request.prediction == "flow"
        else Clock.from_betas(betas(request.betas))
    )


def lesson(
    request: TrainRequest,
    pictures: Pictures,
    networks: Networks,
    *,
    first_stage: FirstStage | None,
    tokenize: Tokenize,
    cache: Path,
) -> Generator[Event, None, Lesson]:
    """Put the lesson together.

    Args:
        request: what is asked for.
        pictures: what there is to learn from.
        networks: what learns.
        first_stage: the autoencoder, for latents.
        tokenize: makes ids of captions.
        cache: folder for latents.

    Yields:
        Progress, while latents are made.

    Returns:
        What the loop teaches.
    """
    if request.kind == "autoencoder":
        return Reconstruction(networks, pictures, flip=request.flip)

    device = next(networks["unet"].parameters()).device
    examples = _of_pixels(request, pictures, device)
    if first_stage is not None:
        examples = yield from _of_latents(request, pictures, first_stage, cache)
    captions = None
    text = networks.get("text")
    if isinstance(text, ClipText):
        captions = Captions(pictures.captions, text, tokenize, dropout=request.caption_dropout)
    process = Process(clock(request), PREDICTIONS[request.prediction], request.weighting)
    return Denoising(
        networks,
        process,
        examples,
        captions=captions,
        prompts=request.sample_prompts or _some(pictures),
        seed=request.seed,
    )


def _some(pictures: Pictures) -> tuple[str, ...]:
    """Return captions spread over the data set, for samples when none are asked for."""
    stride = max(1, len(pictures) // SHOWN)
    return tuple((ways or ("",))[0] for ways in pictures.captions[::stride][:SHOWN])


def _of_pixels(request: TrainRequest, pictures: Pictures, device: torch.device) -> Examples:
    def clean(indices: torch.Tensor, chance: torch.Generator) -> torch.Tensor:
        pixels = pictures.batch(indices, device)
        return mirrored(pixels, chance) if request.flip else pixels

    return Examples(len(pictures), (3, request.size, request.size), clean, lambda x: x)


def _of_latents(
    request: TrainRequest, pictures: Pictures, first_stage: FirstStage, cache: Path
) -> Generator[Event, None, Examples]:
    kept = yield from latents(request, pictures, first_stage, cache)  # (copies, N, C, h, w)

    def clean(indices: torch.Tensor, chance: torch.Generator) -> torch.Tensor:
        return kept[torch.randint(len(kept), indices.shape, generator=chance), indices]

    _, count, channels, height, width = kept.shape
    return Examples(count, (channels, height, width), clean, first_stage.decode)
