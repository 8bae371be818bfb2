"""Pictures from words, from a sketch, or from a sketch with a mask: one function, `generate`."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from underpaint import catalog, infotext
from underpaint.diffusion.forward import noised
from underpaint.diffusion.guidance import Estimates, guided
from underpaint.diffusion.inpainting import masked
from underpaint.diffusion.noise import source, starting
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers._step import Step
from underpaint.diffusion.sigmas import SCHEDULES, truncated
from underpaint.errors import WeightsError
from underpaint.events import Event, Finished, Progress
from underpaint.families._model import Model
from underpaint.media import Image
from underpaint.pipelines import _pixels
from underpaint.requests._samplers import AUTOMATIC, SAMPLERS, own_schedule
from underpaint.requests.image import ImageRequest

__all__ = ["generate"]

AT_ONCE_ON_A_GPU = 4


@torch.no_grad()
def generate(request: ImageRequest, model: Model) -> Iterator[Event]:
    """Paint the pictures of a request; to stop, take no further events.

    On a CPU the same request gives the same bits, whatever the batch and the number of threads.
    Where a mask is black, the init picture comes out as it went in, to the last bit.

    Args:
        request: its seeds drawn, as `ImageRequest.resolved` does.
        model: what paints, at a size of its own; pictures are scaled to the size asked for.

    Yields:
        `Progress` after each step, with a small preview, and `Finished` for each picture as soon
        as it is there.

    Raises:
        WeightsError: the model's numbers make no picture.
    """
    sketch, mask = _given(request)
    known = _latent(sketch, request, model).to(model.device)

    denoise = guided(
        _estimates(request, model), request.guidance_scale, rescale=request.guidance_rescale
    )
    if mask is not None:
        denoise = masked(denoise, known, _pixels.cells(mask, *known.shape[2:]).to(known))

    sigmas = _sigmas(request, model)
    groups = _groups(request, known.device)
    for number, indices in enumerate(groups):
        latents, before = known, number * (len(sigmas) - 1)
        alone = [request.alone(index) for index in indices]
        for step in _walk(alone, denoise, known, sigmas):
            latents, preview = step.x, _pixels.picture(model.preview(step.denoised))
            yield Progress(before + step.index + 1, len(groups) * (len(sigmas) - 1), "", preview)

        for index, one, latent in zip(indices, alone, latents.split(1), strict=True):
            picture = _picture(latent, request, model)
            if sketch is not None and mask is not None:
                picture = _pixels.pasted(sketch, picture, mask)
            text = infotext.write(one, model_hash=model.hash, model_name=model.name)
            yield Finished(picture.with_text(text), index, one)


def _estimates(request: ImageRequest, model: Model) -> Estimates:
    """Return what the model estimates for the prompt, and for the negative where it counts."""
    positive = model.encode_text(request.prompt, clip_skip=request.clip_skip)
    if request.guidance_scale == 1:
        return model.estimates(positive)
    return model.estimates(
        positive, model.encode_text(request.negative, clip_skip=request.clip_skip)
    )


def _given(request: ImageRequest) -> tuple[Image | None, Image | None]:
    """Return the init picture in RGB on white and the mask, both at the size asked for."""
    init, mask, size = request.init, request.mask, (request.width, request.height)
    return init and init.rgb().resized(*size), mask and _pixels.fitted(mask, *size)


def _latent(sketch: Image | None, request: ImageRequest, model: Model) -> Tensor:
    """Return the latent to start from before it is noised, (1, C, h, w); zeros without a sketch."""
    width, height = model.canvas(request.width, request.height)
    if sketch is None:
        return torch.zeros(1, *model.latent_shape(width, height))
    return model.encode(_pixels.tensor(sketch.resized(width, height)))


def _sigmas(request: ImageRequest, model: Model) -> Tensor:
    """Return the levels to walk: all of the schedule, or the tail that repaints a sketch."""
    automatic = request.schedule == AUTOMATIC
    schedule = own_schedule(request.sampler) if automatic else request.schedule
    sigmas = SCHEDULES[schedule](request.steps, model.clock)
    return sigmas if request.init is None else truncated(sigmas, request.strength)


def _groups(request: ImageRequest, device: torch.device) -> list[Sequence[int]]:
    """Return the indices of the pictures that are painted together.

    On a CPU a model takes pictures one by one, to round each the same way in any company. So one
    is painted after the other: it costs nothing, the first is ready soon, and those that are
    ready stay when the work is stopped.
    """
    together = 1 if device.type == "cpu" else AT_ONCE_ON_A_GPU
    indices = range(request.batch)
    return [indices[first : first + together] for first in indices[::together]]


def _walk(
    group: Sequence[ImageRequest], denoise: Denoiser, known: Tensor, sigmas: Tensor
) -> Iterator[Step]:
    """Noise what is known to the first level and walk down from there."""
    sampler, seeds = catalog.entry(SAMPLERS, group[0].sampler), [one.seed for one in group]
    shape, device = tuple(known.shape[1:]), known.device
    noise = starting(
        seeds,
        shape,
        variation_seeds=[one.variation_seed for one in group],
        variation_strength=group[0].variation_strength,
        device=device,
    )
    fresh = source(sampler.NOISE, seeds, shape, sigmas, device=device)
    yield from sampler.sample(denoise, noised(known, sigmas[0], noise), sigmas, fresh)


def _picture(latent: Tensor, request: ImageRequest, model: Model) -> Image:
    """Return the picture of a latent (1, C, h, w), at the size asked for.

    Raises:
        WeightsError: there are infinities in it, or what is no number at all.
    """
    pixels = model.decode(latent)
    if not bool(torch.isfinite(pixels).all()):
        raise WeightsError(
            f"{model.name} painted numbers that are no picture; "
            "try float32, a lower guidance scale, or another sampler"
        )
    return _pixels.picture(pixels).resized(request.width, request.height)
