"""What a file's metadata says of the model in it, where names and shapes cannot.

    underpaint.prediction    what the network predicts: eps, v, x0 or flow; a family knows the usual
    underpaint.betas         its noise levels: scaled_linear (the default), linear or cosine, if
                             need be the first and the last beta: "linear 0.0001 0.02", and at the
                             end "zero_terminal" where nothing is left of the picture at the last
    underpaint.latent_scale  what latents are multiplied by; that of the family by default
    underpaint.native        pixels a side at which a small model paints; absent = at any size
    underpaint.preview       JSON, [[r, g, b], ...]: the colour, -1..1, of one unit of each latent
                             channel, and of none; absent = found by asking the autoencoder
    underpaint.network       JSON, {"unet": {"heads": 8}, "text": {"heads": 12}, ...}: only the
                             numbers of heads are heeded

Files from elsewhere have none of these, and get their family's values; but two remarks of theirs
are heeded: `modelspec.prediction_type` (epsilon or v), and tensors that are called `v_pred` (it
predicts v) and `ztsnr` (zero_terminal), whatever is in them. A tensor `edm_mean` or
`edm_vpred.sigma_max` says that the network has the levels of Karras et al. 2022, which no family
here has; painting on as usual would make mud of it, so such a file is refused.
"""

import json
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast, get_args

import torch
from torch import Tensor

from underpaint.diffusion.forward import BetaSchedule, Clock, FlowClock, betas, zero_terminal
from underpaint.diffusion.prediction import PREDICTIONS, Prediction
from underpaint.errors import WeightsError

T = TypeVar("T")

SD1_LATENT_SCALE = 0.18215
ZERO_TERMINAL = "zero_terminal"

_UNKNOWN = ("edm_mean", "edm_vpred.sigma_max")


@dataclass(frozen=True, slots=True)
class Marks:
    """The metadata, understood.

    Attributes:
        prediction: what the network predicts; None = it is not told.
        clock: its noise levels.
        latent_scale: what an autoencoder's latents are multiplied by, > 0.
        native: pixels a side at which the model paints, 16..4096; None = at any size.
        preview: (C + 1, 3) from latent channels, and a 1, to colours; None = unknown.
        heads: attention heads by network ("unet", "text"), where they are told.
    """

    prediction: Prediction | None
    clock: Clock
    latent_scale: float
    native: int | None
    preview: Tensor | None
    heads: Mapping[str, int]


def understood(
    metadata: Mapping[str, str],
    where: str,
    *,
    names: Collection[str] = (),
    latent_scale: float = SD1_LATENT_SCALE,
) -> Marks:
    """Return what metadata says.

    Args:
        metadata: of a file; keys not ours are passed over.
        where: the file's name, for the error.
        names: of the file's tensors.
        latent_scale: of the family, where the metadata does not say.

    Raises:
        WeightsError: one of our keys holds what it cannot, or a tensor says what no family can.
    """
    for sign in _UNKNOWN:
        if sign in names:
            raise WeightsError(f"{where} has {sign}: models with EDM's levels are not supported")

    def told(key: str, read: Callable[[str], T], default: T, allowed: str) -> T:
        text = metadata.get(f"underpaint.{key}")
        if text is None:
            return default
        try:
            return read(text)
        except (ValueError, TypeError, KeyError, RecursionError, OverflowError) as error:
            raise WeightsError(
                f"{where} says that underpaint.{key} is {ascii(text)[:80]}; it must be {allowed}"
            ) from error

    prediction = told(
        "prediction", PREDICTIONS.__getitem__, _foreign(metadata, names), ", ".join(PREDICTIONS)
    )
    levels = told(
        "betas",
        _clock,
        _clock(f"scaled_linear {ZERO_TERMINAL}" if "ztsnr" in names else "scaled_linear"),
        f"one of {', '.join(get_args(BetaSchedule))}, alone or with two numbers between 0 and 1, "
        f"and {ZERO_TERMINAL} at the end or not",
    )
    return Marks(
        prediction,
        FlowClock.shifted() if prediction is PREDICTIONS["flow"] else levels,
        told("latent_scale", _scale, latent_scale, "a number above 0"),
        told("native", _native, None, "a whole number from 16 to 4096"),
        told("preview", _matrix, None, "a JSON list of colours, three numbers each"),
        told("network", _heads, {}, "a JSON object of networks, with whole numbers of heads"),
    )


def _foreign(metadata: Mapping[str, str], names: Collection[str]) -> Prediction | None:
    """Return what a file from elsewhere predicts, by the signs that other programs leave."""
    if "v_pred" in names:
        return PREDICTIONS["v"]
    told = metadata.get("modelspec.prediction_type", "")
    return PREDICTIONS.get({"epsilon": "eps", "v_prediction": "v"}.get(told, told))


def _clock(text: str) -> Clock:
    kind, *ends = text.split()
    moved = ends[-1:] == [ZERO_TERMINAL]
    ends = ends[:-1] if moved else ends
    if kind not in get_args(BetaSchedule) or len(ends) not in {0, 2}:
        raise ValueError(text)

    if ends:
        start, end = map(float, ends)
        if not 0 < start <= end < 1:
            raise ValueError(text)
        steps = betas(cast(BetaSchedule, kind), start=start, end=end)
    else:
        steps = betas(cast(BetaSchedule, kind))
    return Clock.from_betas(zero_terminal(steps) if moved else steps)


def _scale(text: str) -> float:
    number = float(text)
    if not 0 < number < math.inf:
        raise ValueError(text)
    return number


def _native(text: str) -> int:
    pixels = int(text)
    if not 16 <= pixels <= 4096:
        raise ValueError(text)
    return pixels


def _matrix(text: str) -> Tensor:
    matrix = torch.tensor(json.loads(text), dtype=torch.float32)
    if matrix.ndim != 2 or matrix.shape[1] != 3 or not matrix.isfinite().all():
        raise ValueError(text)
    return matrix


def _heads(text: str) -> dict[str, int]:
    networks = json.loads(text)
    if not isinstance(networks, dict):
        raise TypeError(text)
    heads: dict[str, int] = {}
    for name, sizes in cast("dict[str, Any]", networks).items():
        if isinstance(sizes, dict) and "heads" in sizes:
            number = cast("dict[str, Any]", sizes)["heads"]
            if type(number) is not int or number < 1:
                raise ValueError(text)
            heads[name] = number
    return heads
