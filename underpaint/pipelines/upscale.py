"""Larger pictures of pictures: what is there is enlarged, and nothing is painted anew."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy
import torch

from underpaint import infotext
from underpaint.events import Event, Finished, Progress
from underpaint.media import Image
from underpaint.pipelines._enlarging import enlarger
from underpaint.pipelines._placing import Box
from underpaint.requests._upscalers import UPSCALERS
from underpaint.requests.upscale import UpscaleRequest

__all__ = ["generate"]


def generate(
    request: UpscaleRequest, *, folders: Sequence[Path], device: torch.device
) -> Iterator[Event]:
    """Enlarge the picture of a request; to stop, take no further events.

    On a CPU the same request gives the same bits, whatever the number of threads.

    Args:
        request: with its picture.
        folders: where upscalers' files are found, as models are.
        device: where a network is to compute.

    Yields:
        `Progress` after each piece of the picture, and `Finished` with the whole.

    Raises:
        RequestError: there is no picture, or what a network makes of it is too large.
        ModelNotFoundError: there is no such upscaler; lists those there are.
        WeightsError: its file is not acceptable.
        StorageError: a folder cannot be read.
    """
    picture = request.resolved(lambda: 0).init
    assert picture is not None, "resolved() refuses a request without one"
    given = picture.width, picture.height
    wanted = request.covering(*given)
    upscalers = [(name, enlarger(name, folders, device), share) for name, share in request.mixed()]
    steps, done = sum(each.steps(given, wanted) for _, each, _ in upscalers), 0
    pictures: list[tuple[Image, float]] = []
    for name, each, share in upscalers:
        walk = each.walk(picture, *wanted)
        while True:
            try:
                next(walk)
            except StopIteration as end:
                pictures.append((end.value, share))
                break
            done += 1
            yield Progress(done, steps, f"enlarging by {UPSCALERS.get(name, name)}")

    large = _cut(_mixed(pictures), *request.size(*given))
    text = infotext.extended(picture.text, _pairs(request, wanted))
    yield Finished(large.with_text(text), 0, request)


def _mixed(pictures: Sequence[tuple[Image, float]]) -> Image:
    """Return pictures of one size laid over each other; a single one stays as it is."""
    if len(pictures) == 1:
        return pictures[0][0]
    total = sum(picture.array().astype(numpy.float32) * share for picture, share in pictures)
    return Image.of(numpy.rint(total).astype(numpy.uint8))


def _cut(picture: Image, width: int, height: int) -> Image:
    """Return the middle of a picture."""
    if (picture.width, picture.height) == (width, height):
        return picture
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    return Box(left, top, width, height).cut(picture)


def _pairs(request: UpscaleRequest, wanted: tuple[int, int]) -> Mapping[str, str]:
    """Return what the picture's text says of its enlarging, by A1111's keys and one of ours.

    Args:
        request: what was asked for.
        wanted: the size before anything was cut off.
    """
    sized, second = request.width or request.height, request.second_upscaler
    asked = f"{request.width or wanted[0]}x{request.height or wanted[1]}"
    pairs = {"Postprocess upscale to": asked} if sized else {}
    pairs |= {} if sized else {"Postprocess upscale by": f"{request.scale:g}"}
    pairs |= {"Postprocess crop to": asked} if sized and request.crop else {}
    pairs["Postprocess upscaler"] = UPSCALERS.get(request.upscaler, request.upscaler)
    if second and request.second_visibility:
        pairs["Postprocess upscaler 2"] = UPSCALERS.get(second, second)
        pairs["Postprocess upscaler 2 visibility"] = f"{request.second_visibility:g}"
    return pairs
