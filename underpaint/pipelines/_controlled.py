"""The pictures that lead a painting: brought to its size, and made into what their networks know.

A picture that is only a part of the init picture is led by that part of the picture that leads.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from underpaint.families._control import Lead
from underpaint.families._model import Model
from underpaint.media import Image
from underpaint.pipelines._paper import Paper
from underpaint.pipelines._placing import placed
from underpaint.preprocessors._making import made
from underpaint.requests._controls import Control
from underpaint.requests.image import ImageRequest
from underpaint.weights import shelf

CONTROLNETS = "controlnets"
NEARLY = 1e-5
"""By what share a level may be rounded away from one of the schedule's."""

Range = tuple[float, float]


def leads(
    request: ImageRequest,
    model: Model,
    sigmas: Tensor,
    *,
    paper: Paper | None = None,
    folders: Sequence[Path] = (),
) -> tuple[Lead, ...]:
    """Return what leads one walk; what never would is neither looked for nor loaded.

    Args:
        request: of the pictures, as large as this walk paints them.
        model: what paints.
        sigmas: that are walked down, (N + 1,), falling.
        paper: what is painted on; None = nothing.
        folders: where ControlNets are, as models are.

    Raises:
        ModelNotFoundError: there is no such ControlNet; lists those there are.
        WeightsError: a file is not acceptable, or not made for this model.
        RequestError: the model takes no ControlNet.
    """
    ranges = [(control, span(sigmas, control.start, control.end)) for control in request.controls]
    working = [(control, levels) for control, levels in ranges if control.leads and levels]
    if not working:
        return ()
    books = shelf.listing(folders, CONTROLNETS)
    paths = [shelf.find_in(books, each.model, CONTROLNETS).path for each, _ in working]
    canvas = model.canvas(request.width, request.height)
    return tuple(
        Lead.of(
            network,
            _pixels(_picture(control, paper or Paper(), canvas)),
            weight=control.weight,
            mode=control.mode,
            levels=levels,
        )
        for network, (control, levels) in zip(model.controlnets(paths), working, strict=True)
    )


def span(sigmas: Tensor, start: float, end: float) -> Range | None:
    """Return above which level and up to which a share of the steps is, None for no step.

    Step i of N is in it if start <= i / N <= end, as in AUTOMATIC1111.

    Args:
        sigmas: that are walked down, (N + 1,), falling.
        start: of the share, 0..1.
        end: of the share, 0..1.
    """
    levels = sigmas.tolist()
    steps = len(levels) - 1
    inside = [step for step in range(steps) if start <= step / steps <= end]
    if not inside:
        return None
    first, last = inside[0], inside[-1]
    highest = math.inf if first == 0 else levels[first] * (1 + NEARLY)
    lowest = 0.0 if last == steps - 1 else levels[last + 1] * (1 + NEARLY)
    return lowest, highest


def _picture(control: Control, paper: Paper, size: tuple[int, int]) -> Image:
    """Return the picture that leads, prepared, at the size that is painted."""
    if control.picture is None:
        assert paper.sketch is not None, "a control without picture is refused by resolved()"
        given = placed(paper.sketch, "stretch", *size)
    elif paper.part is not None and paper.whole is not None:
        whole = paper.whole.width, paper.whole.height
        part = paper.part.cut(placed(control.picture.rgb(), control.resize, *whole))
        given = placed(part, "fill", *size)
    else:
        given = placed(control.picture.rgb(), control.resize, *size)
    return made(given, control.preprocessor, *control.thresholds)


def _pixels(picture: Image) -> Tensor:
    """Return a picture as ControlNets see it: (1, 3, H, W) float32, 0..1."""
    return torch.from_numpy(picture.array()).permute(2, 0, 1)[None].float() / 255
