"""What a lesson is, and that of each kind of run, put together from its request and its data."""

from collections.abc import Generator
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from underpaint.diffusion.forward import Clock, FlowClock, betas, zero_terminal
from underpaint.diffusion.prediction import PREDICTIONS
from underpaint.events import Event
from underpaint.media import Image
from underpaint.networks.clip import ClipText
from underpaint.requests.train import TrainRequest
from underpaint.training.architecture import Networks
from underpaint.training.cache import latents
from underpaint.training.captions import Captions, Tokenize
from underpaint.training.dataset import PictureSet
from underpaint.training.denoising import Denoising, Examples, Process
from underpaint.training.distilling import Distilling, load_teacher
from underpaint.training.first_stage import FirstStage
from underpaint.training.reconstruction import Reconstruction, mirrored

__all__ = ["Lesson", "clock", "lesson"]

SHOWN = 16


class Lesson(Protocol):
    """Something a run can teach: a denoiser, an autoencoder."""

    @property
    def networks(self) -> Networks:
        """The networks that are taught, on the run's device."""
        ...

    @property
    def name(self) -> str:
        """What its sample pictures show, one word for their files."""
        ...

    def __len__(self) -> int:
        """Return how many pictures there are to learn from."""
        ...

    def loss(self, indices: Tensor, chance: torch.Generator) -> Tensor:
        """Return how wrong the networks are.

        Args:
            indices: (B,) which pictures.
            chance: a CPU generator that all draws of this step come from.

        Returns:
            (), the mean over the batch, with its graph.
        """
        ...

    def picture(self) -> Image:
        """Return what the networks can do now; called under the running mean of the weights."""
        ...


def clock(request: TrainRequest) -> Clock:
    """Return the noise levels that a request trains on; a flow has its own."""
    if request.prediction == "flow":
        return FlowClock.shifted()
    usual = betas(request.betas)
    return Clock.from_betas(zero_terminal(usual) if request.zero_terminal else usual)


def lesson(
    request: TrainRequest,
    pictures: PictureSet,
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
    prompts, seed = request.sample_prompts or _some(pictures), request.seed
    if request.teacher is None:
        return Denoising(networks, process, examples, captions=captions, prompts=prompts, seed=seed)
    return Distilling(
        networks,
        process,
        examples,
        captions=captions,
        prompts=prompts,
        seed=seed,
        teacher=load_teacher(request, networks, device),
    )


def _some(pictures: PictureSet) -> tuple[str, ...]:
    """Return captions spread over the data set, for samples when none are asked for."""
    stride = max(1, len(pictures) // SHOWN)
    return tuple((ways or ("",))[0] for ways in pictures.captions[::stride][:SHOWN])


def _of_pixels(request: TrainRequest, pictures: PictureSet, device: torch.device) -> Examples:
    def clean(indices: Tensor, chance: torch.Generator) -> Tensor:
        pixels = pictures.batch(indices, device)
        return mirrored(pixels, chance) if request.flip else pixels

    return Examples(len(pictures), (3, request.size, request.size), clean, lambda x: x)


def _of_latents(
    request: TrainRequest, pictures: PictureSet, first_stage: FirstStage, cache: Path
) -> Generator[Event, None, Examples]:
    kept = yield from latents(request, pictures, first_stage, cache)  # (copies, N, C, h, w)

    def clean(indices: Tensor, chance: torch.Generator) -> Tensor:
        return kept[torch.randint(len(kept), indices.shape, generator=chance), indices]

    _, count, channels, height, width = kept.shape
    return Examples(count, (channels, height, width), clean, first_stage.decode)
