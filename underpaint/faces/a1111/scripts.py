"""A1111's scripts that our requests can do: what a call's request becomes by them.

A script is named in `script_name`, and what its form would say stands in `script_args`, in the
form's order. Soft inpainting is always on: its arguments stand in `alwayson_scripts`.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias, cast

from underpaint.errors import RequestError
from underpaint.faces.a1111.payload import ImageToImage, Payload, arguments
from underpaint.requests import _axes
from underpaint.requests._fields import SEEDS
from underpaint.requests._repainting import CONTENTS
from underpaint.requests.grid import GridRequest
from underpaint.requests.image import ImageRequest
from underpaint.requests.loopback import LoopbackRequest

SOFT = "soft inpainting"
MOST = 100

Model: TypeAlias = Callable[[str], str]
Made: TypeAlias = tuple[ImageRequest, ...]

_SOFT = (
    "soft",
    "soft_bias",
    "soft_preservation",
    "soft_contrast",
    "soft_influence",
    "soft_threshold",
    "soft_difference",
)
# The axes of its menu, in order; those of one of the two calls alone are marked.
_MENU = """Nothing,Seed,Var. seed,Var. strength,Steps,t Hires steps,CFG Scale,i Image CFG Scale,
Prompt S/R,Prompt order,t Sampler,t Hires sampler,i Sampler,Checkpoint name,
Negative Guidance minimum sigma,Sigma Churn,Sigma min,Sigma max,Sigma noise,Schedule type,
Schedule min sigma,Schedule max sigma,Schedule rho,Beta schedule alpha,Beta schedule beta,Eta,
Clip skip,Denoising,Initial noise multiplier,Extra noise,t Hires upscaler,
i Cond. Image Mask Weight,VAE,Styles,UniPC Order,Face restore,Token merging ratio,
Token merging ratio high-res,Always discard next-to-last sigma,SGM noise multiplier,
Refiner checkpoint,Refiner switch at,RNG source,FP8 mode,Size""".replace("\n", "").split(",")


def soft(payload: Payload) -> dict[str, Any]:
    """Return the fields of our request that soft inpainting sets; none where it is off."""
    for name, script in payload.alwayson_scripts.items():
        said = arguments(script)
        if name.casefold() == SOFT and said and said[0] not in (False, "False", "false"):
            numbers = [_number(SOFT, value) for value in said[1 : len(_SOFT)]]
            return dict(zip(_SOFT, (True, *numbers), strict=False))
    return {}


def titles(*, on_pictures: bool) -> tuple[str, ...]:
    """Return the scripts there are, by A1111's titles in lower case.

    Args:
        on_pictures: those of img2img; else those of txt2img.
    """
    over = ("loopback", "outpainting mk2", "poor man's outpainting")
    return tuple(title for title in _SCRIPTS if on_pictures or title not in over)


def made(payload: Payload, request: ImageRequest, model: Model) -> Made:
    """Return the requests that a call's script makes of its request; () where it has none of ours.

    Args:
        payload: the call.
        request: what it comes to without the script, its seeds drawn.
        model: gives our name of the model that a title, name or hash stands for.

    Raises:
        RequestError: an argument is not allowed.
        UnknownEntryError: an axis is not here; lists those there are.
    """
    title = (payload.script_name or "").casefold()
    if title not in titles(on_pictures=isinstance(payload, ImageToImage)):
        return ()
    return _SCRIPTS[title](payload, request, model)


def _plot(payload: Payload, request: ImageRequest, model: Model) -> Made:
    """X/Y/Z plot: three axes of a type, values in words and values chosen; then the switches."""
    given = _arguments(payload, 13, usual=(0, "", []) * 3 + (True, False, False, False))
    if payload.batch_size * payload.n_iter > 1:
        raise RequestError("batch_size and n_iter must be 1; a plot has one picture in each cell")
    legend, each = given[9:11]
    seeds, margin = (given[13:16], given[16:17]) if len(given) > 16 else ((), given[13:14])
    if any(seeds):
        raise RequestError("vary_seeds is true; the pictures of a plot have one seed")
    menu = _menu(payload)
    axes = (_axis(menu, given[place : place + 3], model) for place in (0, 3, 6))
    values = request.values()
    values.update(zip("xyz", axes, strict=True))
    values.update(legend=bool(legend), sheet_only=not each, batch=0)
    values.update(margin=int(_number("margin_size", *margin or (0,))))
    return (GridRequest(**values),)


def _menu(payload: Payload) -> list[str]:
    own, other = "it" if isinstance(payload, ImageToImage) else "ti"
    shown = [name for name in _MENU if not name.startswith(f"{other} ")]
    return [name.removeprefix(f"{own} ") for name in shown]


def _axis(menu: Sequence[str], given: Sequence[Any], model: Model) -> str:
    """Return an axis in our notation: a type by its place in the menu or its name, and values."""
    kind, words, chosen = given
    if isinstance(kind, int) and not 0 <= kind < len(menu):
        raise RequestError(f"an axis has type {kind}; it must be between 0 and {len(menu) - 1}")
    name = menu[kind] if isinstance(kind, int) else str(kind or "Nothing")
    values = _axes.listed([str(value) for value in chosen]) if chosen else str(words)
    found = _axes.axis(f"{name}: {values}")
    if found is None:
        return ""
    if found.field == "model":
        return f"{name}: {_axes.listed([model(value) for value in found.values])}"
    return f"{name}: {values}"


def _loopback(payload: Payload, request: ImageRequest, model: Model) -> Made:
    """Loopback: loops, the strength of the last, its curve; each of n_iter begins anew."""
    loops, final, curve, *_ = _arguments(payload, 3, usual=(2, 0.5, "Linear"))
    count = int(_number("loops", loops))
    values = request.values()
    values.update(batch=0, curve=str(curve).casefold(), loops=count)
    values.update(final_strength=_number("final_denoising_strength", final))
    first = LoopbackRequest(**values)
    return tuple(_next(first, number * count) for number in range(payload.n_iter))


def _outpainting(payload: Payload, request: ImageRequest, model: Model) -> Made:
    """Outpainting mk2: nothing, pixels, blur, directions, and two knobs of its noise."""
    usual = (None, 128, 8, ["left", "right", "up", "down"], 1.0, 0.05)
    _, pixels, blur, directions, *_ = _arguments(payload, 6, usual=usual)
    return _extended(payload, request, (pixels, blur, directions), "shaped")


def _poor_mans(payload: Payload, request: ImageRequest, model: Model) -> Made:
    """Poor man's outpainting: pixels, blur, masked content, directions."""
    usual = (128, 4, 0, ["left", "right", "up", "down"])
    pixels, blur, content, directions, *_ = _arguments(payload, 4, usual=usual)
    contents: dict[object, str] = {name: name for name in CONTENTS}
    contents |= dict(enumerate(CONTENTS))
    if content not in contents:
        raise RequestError(f"masked content is {str(content)[:60]!r}; it must be 0, 1, 2 or 3")
    return _extended(payload, request, (pixels, blur, directions), contents[content])


def _extended(
    payload: Payload, request: ImageRequest, said: tuple[Any, Any, Any], content: str
) -> Made:
    """Return the request of a picture that grows, painted at the size that it comes to."""
    pixels, blur, directions = said
    extents = {f"extend_{side}": int(_number("pixels", pixels)) for side in directions}
    assert request.init is not None, "img2img has a picture"
    sides = {
        "width": request.init.width + sum(extents.get(f"extend_{s}", 0) for s in ("left", "right")),
        "height": request.init.height + sum(extents.get(f"extend_{s}", 0) for s in ("up", "down")),
    }
    sides = {name: min(2048, max(64, math.ceil(side / 8) * 8)) for name, side in sides.items()}
    values = request.values()
    values.update(extents | sides, mask_content=content, mask_blur=int(_number("mask_blur", blur)))
    values.update(resize="stretch", only_masked=False, batch=payload.batch_size)
    first = ImageRequest(**values)
    step = payload.batch_size
    return tuple(_next(first, number * step) for number in range(payload.n_iter))


def _prompts(payload: Payload, request: ImageRequest, model: Model) -> Made:
    """Prompts from file or textbox: seeds that go on, for each line; where; and the lines."""
    goes_on, _, where, text = _arguments(payload, 4, usual=(False, False, "start", ""))
    lines = [line.strip() for line in str(text).splitlines() if line.strip()]
    if not 1 <= len(lines) <= MOST:
        raise RequestError(f"there are {len(lines)} prompts; there must be between 1 and {MOST}")
    if any(line.startswith("--") for line in lines):
        raise RequestError("a line begins with '--'; lines of settings are not read, only prompts")
    found: list[ImageRequest] = []
    for number, line in enumerate(lines):
        words = (request.prompt, line) if where == "end" else (line, request.prompt)
        one = replace(request, prompt=" ".join(filter(None, words)), batch=payload.batch_size)
        found.append(_next(one, number * payload.batch_size if goes_on else 0))
    return tuple(found)


def _matrix(payload: Payload, request: ImageRequest, model: Model) -> Made:
    """Prompt matrix: parts at the start, other seeds, which prompt, what joins the parts."""
    usual = (False, False, "positive", "comma")
    at_start, differ, which, joint, *_ = _arguments(payload, 4, usual=usual)
    field = "prompt" if which == "positive" else "negative"
    first, *parts = (part.strip() for part in getattr(request, field).split("|"))
    if 2 ** len(parts) > MOST:
        raise RequestError(f"the prompt has {len(parts)} parts that may be left out; 6 is the most")
    found: list[ImageRequest] = []
    for number in range(2 ** len(parts)):
        chosen = [part for place, part in enumerate(parts) if number >> place & 1]
        words = [*chosen, first] if at_start else [first, *chosen]
        text = (", " if joint == "comma" else " ").join(words)
        one = replace(request, **{field: text}, batch=1)
        found.append(_next(one, number if differ else 0))
    return tuple(found)


_SCRIPTS: Mapping[str, Callable[[Payload, ImageRequest, Model], Made]] = {
    "prompt matrix": _matrix,
    "prompts from file or textbox": _prompts,
    "x/y/z plot": _plot,
    "loopback": _loopback,
    "outpainting mk2": _outpainting,
    "poor man's outpainting": _poor_mans,
}


def _arguments(payload: Payload, count: int, *, usual: Sequence[Any]) -> list[Any]:
    """Return the arguments of a script, those left off at the end as its form has them."""
    given = list(payload.script_args)
    return [*given, *usual[len(given) : count]]


def _next(request: ImageRequest, steps: int) -> ImageRequest:
    """Return a request with a seed so many further on."""
    return replace(request, seed=(request.seed + steps) % SEEDS)


def _number(name: str, value: object) -> float:
    try:
        return float(cast(float, value))
    except (TypeError, ValueError) as error:
        raise RequestError(f"{name} is {str(value)[:60]!r}; it must be a number") from error
