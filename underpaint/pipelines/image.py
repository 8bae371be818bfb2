"""Pictures from words, from a sketch, or from a sketch with a mask: one function, `generate`."""

import inspect
import math
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from underpaint import catalog, infotext
from underpaint.diffusion.forward import noised
from underpaint.diffusion.guidance import Scale, guided, plus
from underpaint.diffusion.inpainting import masked
from underpaint.diffusion.noise import Stream, Variation, source, starting
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.samplers._step import Churn, Step
from underpaint.diffusion.sigmas import levels, truncated
from underpaint.errors import WeightsError
from underpaint.events import Event, Finished, Progress
from underpaint.families._model import Model
from underpaint.media import Image
from underpaint.pipelines import _pixels
from underpaint.pipelines._listening import Listener
from underpaint.prompt.lines import Lines, none
from underpaint.prompt.plan import Plan
from underpaint.requests._samplers import AUTOMATIC, SAMPLERS, own_schedule
from underpaint.requests.image import ImageRequest

__all__ = ["generate"]

AT_ONCE_ON_A_GPU = 4


@torch.no_grad()
def generate(request: ImageRequest, model: Model, *, lines: Lines = none) -> Iterator[Event]:
    """Paint the pictures of a request; to stop, take no further events.

    On a CPU the same request gives the same bits, whatever the batch and the number of threads.
    Where a mask is black, the init picture comes out as it went in, to the last bit.

    Args:
        request: its seeds drawn, as `ImageRequest.resolved` does.
        model: what paints, at a size of its own; pictures are scaled to the size asked for.
        lines: where wildcards in prompts find their lines.

    Yields:
        `Progress` after each step, with a small preview, and `Finished` for each picture as soon
        as it is there.

    Raises:
        RequestError: a prompt is not acceptable.
        UnknownEntryError: a prompt names what there is not.
        WeightsError: the model's numbers make no picture.
    """
    listener = Listener(request, model, lines=lines)
    calls = getattr(_sampler(request), "CALLS", 1)
    said = [listener.plan(request.alone(index), calls=calls) for index in range(request.batch)]
    sketch, mask = _given(request)
    known = _latent(sketch, request, model).to(model.device)

    schedule = _schedule(request, model)
    sigmas = schedule if request.init is None else truncated(schedule, request.strength)
    scale = _scale(request, sigmas)
    repaint = mask and _pixels.cells(mask, *known.shape[2:]).to(known)
    surroundings = _surroundings(sketch, mask, request, model)

    groups = _groups(said, known.device)
    for number, indices in enumerate(groups):
        estimates = listener.estimates(
            said[indices[0]], guided=_is_guided(request, model), surroundings=surroundings
        )
        denoise = guided(estimates, scale, rescale=request.guidance_rescale)
        if repaint is not None:
            denoise = masked(denoise, known, repaint)

        latents, before = known, number * (len(sigmas) - 1)
        alone = [request.alone(index) for index in indices]
        for step in _walk(alone, denoise, known, sigmas, schedule=schedule, model=model):
            latents, preview = step.x, _pixels.picture(model.preview(step.denoised))
            yield Progress(before + step.index + 1, len(groups) * (len(sigmas) - 1), "", preview)

        for index, one, latent in zip(indices, alone, latents.split(1), strict=True):
            picture = _picture(latent, request, model)
            if sketch is not None and mask is not None:
                picture = _pixels.pasted(sketch, picture, mask)
            text = infotext.write(
                one, model_hash=model.hash, model_name=model.name, chosen=said[index].chosen
            )
            yield Finished(picture.with_text(text), index, one)


def _is_guided(request: ImageRequest, model: Model) -> bool:
    """Whether the negative prompt counts."""
    if model.obeys_guidance:
        return False
    return request.guidance_scale != 1 or hasattr(_sampler(request), "GUIDANCE")


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


def _surroundings(
    sketch: Image | None, mask: Image | None, request: ImageRequest, model: Model
) -> Tensor | None:
    """Return what a model that inpaints sees beside the latent; without a mask, all is to paint."""
    if not model.inpaints:
        return None
    width, height = model.canvas(request.width, request.height)
    pixels, everywhere = torch.zeros(1, 3, height, width), torch.ones(1, 1, height, width)
    if sketch is None or mask is None:
        return model.surroundings(pixels, everywhere)
    pixels = _pixels.tensor(sketch.resized(width, height))
    return model.surroundings(pixels, _pixels.shares(_pixels.fitted(mask, width, height)))


def _sampler(request: ImageRequest) -> ModuleType:
    return catalog.entry(SAMPLERS, request.sampler)


def _schedule(request: ImageRequest, model: Model) -> Tensor:
    """Return the levels of all steps; a sketch is repainted by their tail."""
    automatic = request.schedule == AUTOMATIC
    return levels(
        own_schedule(request.sampler) if automatic else request.schedule,
        request.steps,
        model.clock,
        ends=(request.sigma_min, request.sigma_max),
        rho=request.rho,
        discard=request.discard_penultimate or _discards(_sampler(request)),
        aligned=model.aligned,
    )


def _discards(sampler: ModuleType) -> bool:
    return getattr(sampler, "DISCARD_PENULTIMATE", False)


def _scale(request: ImageRequest, sigmas: Tensor) -> Scale:
    """Return the guidance scale, which the sampler may want to be another at each level."""
    if getattr(_sampler(request), "GUIDANCE", None) != "plus":
        return request.guidance_scale
    return plus(request.guidance_scale, sigmas, eta=request.eta or 0.0)


def _groups(said: Sequence[Plan], device: torch.device) -> list[list[int]]:
    """Return the indices of the pictures that are painted together: neighbours that say the same.

    On a CPU a model takes pictures one by one, to round each the same way in any company. So one
    is painted after the other: it costs nothing, the first is ready soon, and those that are
    ready stay when the work is stopped.
    """
    together = 1 if device.type == "cpu" else AT_ONCE_ON_A_GPU
    groups: list[list[int]] = []
    for index, words in enumerate(said):
        if groups and len(groups[-1]) < together and words == said[index - 1]:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups


def _walk(
    group: Sequence[ImageRequest],
    denoise: Denoiser,
    known: Tensor,
    sigmas: Tensor,
    *,
    schedule: Tensor,
    model: Model,
) -> Iterator[Step]:
    """Noise what is known to the first level and walk down from there."""
    first, seeds = group[0], [one.seed for one in group]
    sampler, shape, device = _sampler(first), tuple(known.shape[1:]), known.device
    stream = Stream(first.noise_source, first.noise_seed_delta)
    noise = starting(
        seeds,
        shape,
        variation=Variation([one.variation_seed for one in group], first.variation_strength),
        resized_from=_resized_from(first, model),
        stream=stream,
        device=device,
    )
    fresh = source(sampler.NOISE, seeds, shape, schedule, stream=stream, device=device)
    start = noised(known, sigmas[0], noise)
    yield from sampler.sample(denoise, start, sigmas, fresh, **_knobs(first, sampler))


def _resized_from(request: ImageRequest, model: Model) -> tuple[int, int, int] | None:
    """Return the shape of the latent whose noise is laid over the middle; None for none."""
    if not request.seed_resize_width and not request.seed_resize_height:
        return None
    width = request.seed_resize_width or request.width
    height = request.seed_resize_height or request.height
    return model.latent_shape(*model.canvas(width, height))


def _knobs(request: ImageRequest, sampler: ModuleType) -> dict[str, Any]:
    """Return those of the request's settings that its sampler has."""
    highest = request.s_tmax or math.inf
    given = {
        "eta": request.eta,
        "s_noise": request.s_noise,
        "churn": Churn(request.s_churn, request.s_tmin, highest, request.s_noise),
    }
    known = inspect.signature(sampler.sample).parameters
    return {name: value for name, value in given.items() if name in known and value is not None}


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
