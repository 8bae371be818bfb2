"""Pictures from words, from a sketch, or from a sketch with a mask: one function, `generate`."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from underpaint import infotext
from underpaint.diffusion.inpainting import blend
from underpaint.diffusion.samplers._step import Step
from underpaint.events import Event, Finished, Progress
from underpaint.families._model import Model
from underpaint.media import Image
from underpaint.pipelines import _controlled, _pixels, _upscaling
from underpaint.pipelines._enlarging import enlarger
from underpaint.pipelines._listening import Listener
from underpaint.pipelines._paper import Paper
from underpaint.pipelines._passes import Pass
from underpaint.pipelines._repainting import Repainting
from underpaint.pipelines._second import Second
from underpaint.prompt.lines import Lines, none
from underpaint.requests._repainting import Content
from underpaint.requests.image import ImageRequest

__all__ = ["generate"]

AT_ONCE_ON_A_GPU = 4
ENLARGING = "enlarging for the second pass"


@torch.no_grad()
def generate(
    request: ImageRequest, model: Model, *, lines: Lines = none, folders: Sequence[Path] = ()
) -> Iterator[Event]:
    """Paint the pictures of a request; to stop, take no further events.

    On a CPU the same request gives the same bits, whatever the batch and the number of threads.
    Where a mask is black, the init picture comes out as it went in, to the last bit.

    Args:
        request: its seeds drawn, as `ImageRequest.resolved` does.
        model: what paints, at a size of its own; pictures are scaled to the size asked for.
        lines: where wildcards in prompts find their lines.
        folders: where adapters and embeddings that prompts name are found, as models are.

    Yields:
        `Progress` after each step, with a small preview, and `Finished` for each picture as soon
        as it is there.

    Raises:
        RequestError: a prompt is not acceptable, or the model cannot paint pictures that tile.
        UnknownEntryError: a prompt names what there is not.
        ModelNotFoundError: there is no such ControlNet.
        WeightsError: the model's numbers make no picture.
    """
    model = model.seamless() if request.tiling else model
    listener, walk = Listener(request, model, lines=lines, folders=folders), Pass(request, model)
    said = [listener.plan(request.alone(index), calls=walk.calls) for index in range(request.batch)]
    larger = request.enlarged()
    second = larger and Second(larger, model, passed=request.steps, lines=lines, folders=folders)
    by = request.resize_upscaler if request.init else "lanczos"
    paper = Paper.of(request, enlarger(by, folders, model.device))
    known = _latent(paper, request, model).to(model.device)
    repainting = Repainting.of(request, paper, known)
    surroundings = _surroundings(paper, request, model)
    leads = _controlled.leads(request, model, walk.sigmas, paper=paper, folders=folders)

    steps, size = walk.steps + (second.steps if second else 0), _size(larger or request)
    groups = _groups(list(zip(said, second.said, strict=True)) if second else said, known.device)
    for number, indices in enumerate(groups):
        estimates = listener.estimates(
            said[indices[0]], guided=walk.is_guided, surroundings=surroundings, leads=leads
        )
        denoise = repainting.over(walk.denoiser(estimates))
        alone = [request.alone(index) for index in indices]
        noise = walk.noise(alone)
        begun = _begun(known, noise, repainting.cells, request.mask_content)
        latents, before = known, number * steps
        painted = walk.walk(alone, denoise, begun, noise)
        for step in _through(painted, second, indices, walk.steps):
            if step is None:
                yield Progress(before + walk.steps, len(groups) * steps, ENLARGING)
                continue
            latents, preview = step.x, _pixels.picture(model.preview(step.denoised))
            yield Progress(before + step.index + 1, len(groups) * steps, "", preview)

        for index, one, latent in zip(indices, alone, latents.split(1), strict=True):
            picture = _picture(latent, size, model, tiling=request.tiling)
            picture = repainting.finished(picture, latent)
            text = infotext.write(
                one,
                model_hash=model.hash,
                model_name=model.name,
                chosen=said[index].chosen,
                remarks=listener.remarks(said[index]) | (second.remarks(index) if second else {}),
            )
            yield Finished(picture.with_text(text), index, one)


def _latent(paper: Paper, request: ImageRequest, model: Model) -> Tensor:
    """Return the latent to start from before it is noised, (1, C, h, w); zeros without a sketch."""
    width, height = model.canvas(request.width, request.height)
    begun = paper.begun(request.mask_content)
    if begun is None:
        return torch.zeros(1, *model.latent_shape(width, height))
    if request.init is not None and request.resize == "latent":
        own = _upscaling.own_size(request.init, model.factor)
        latent = model.encode(_pixels.tensor(request.init.rgb().resized(*own)))
        return _upscaling.stretched(latent, "latent", *model.latent_shape(width, height)[1:])
    return model.encode(_pixels.tensor(begun.resized(width, height)))


def _begun(known: Tensor, noise: Tensor, repaint: Tensor | None, content: Content) -> Tensor:
    """Return the latent that is noised, with what painting starts from under the mask.

    Args:
        known: (1, C, h, w).
        noise: that pictures start from, (B, C, h, w).
        repaint: (1, 1, h, w), 0..1; None = no mask.
        content: of the places to repaint.
    """
    if repaint is None or content not in ("noise", "nothing"):
        return known
    return blend(known, noise if content == "noise" else torch.zeros_like(noise), repaint)


def _surroundings(paper: Paper, request: ImageRequest, model: Model) -> Tensor | None:
    """Return what a model that inpaints sees beside the latent; without a mask, all is to paint."""
    if not model.inpaints:
        return None
    width, height = model.canvas(request.width, request.height)
    pixels, everywhere = torch.zeros(1, 3, height, width), torch.ones(1, 1, height, width)
    if paper.sketch is None or paper.repaint is None:
        return model.surroundings(pixels, everywhere)
    pixels = _pixels.tensor(paper.sketch.resized(width, height))
    mask = _pixels.fitted(paper.repaint, width, height)
    return model.surroundings(pixels, _pixels.shares(mask))


def _size(request: ImageRequest) -> tuple[int, int]:
    return request.width, request.height


def _groups(said: Sequence[object], device: torch.device) -> list[list[int]]:
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


def _picture(latent: Tensor, size: tuple[int, int], model: Model, *, tiling: bool) -> Image:
    """Return the picture of a latent (1, C, h, w), at the size asked for.

    Raises:
        WeightsError: there are infinities in it, or what is no number at all.
    """
    picture = _pixels.picture(_pixels.sound(model.decode(latent), model.name))
    return _pixels.resized_as_tile(picture, *size) if tiling else picture.resized(*size)


def _through(
    steps: Iterator[Step], second: Second | None, indices: Sequence[int], walked: int
) -> Iterator[Step | None]:
    """Yield the steps of the first pass and, where there is one, of the second over its latents.

    Between them comes None now and then, while what the first has painted is enlarged.

    Args:
        steps: of the first pass.
        second: the second pass.
        indices: of the pictures.
        walked: steps of the first pass.
    """
    latents = None
    for step in steps:
        latents = step.x
        yield step
    if second is not None and latents is not None:
        for step in second.walk(indices, latents):
            yield step and replace(step, index=walked + step.index)
