"""From a call to our requests: the one place where A1111's words become ours.

A call may ask for more pictures than one request has, and for what the options say besides. It
becomes an `Order`: the requests in their order, and what to do with the pictures.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from underpaint import catalog
from underpaint.errors import RequestError, UnknownEntryError
from underpaint.faces.a1111 import controlnet, options, pictures, refusals, scripts
from underpaint.faces.a1111.payload import ImageToImage, Payload, TextToImage
from underpaint.requests._emphasis import EMPHASES
from underpaint.requests._fields import SEEDS, fields
from underpaint.requests._repainting import CONTENTS, RESIZES
from underpaint.requests._samplers import AUTOMATIC, SAMPLERS, sampler_and_schedule
from underpaint.requests._upscalers import upscaler_id
from underpaint.requests.image import ImageRequest

OURS = frozenset(field.name for field in fields(ImageRequest))

_PLAIN = {
    "prompt": "prompt",
    "negative_prompt": "negative",
    "steps": "steps",
    "cfg_scale": "guidance_scale",
    "width": "width",
    "height": "height",
    "seed": "seed",
    "subseed": "variation_seed",
    "subseed_strength": "variation_strength",
}


@dataclass(frozen=True, slots=True)
class Knob:
    """A field or option that not every version of our request has.

    Attributes:
        theirs: its name in the call or among the options.
        ours: the field of our request.
        silent: values that change nothing, and are left to our default.
        words: their values' names, where ours differ.
    """

    theirs: str
    ours: str
    silent: tuple[object, ...]
    words: Mapping[object, object] | None = None


_KNOBS = (
    Knob("tiling", "tiling", (None, False)),
    Knob("eta", "eta", (None,)),
    Knob("s_churn", "s_churn", (None, 0)),
    Knob("s_tmin", "s_tmin", (None, 0)),
    Knob("s_tmax", "s_tmax", (None, 0)),
    Knob("s_noise", "s_noise", (None, 1)),
    Knob("seed_resize_from_w", "seed_resize_width", (None, -1, 0)),
    Knob("seed_resize_from_h", "seed_resize_height", (None, -1, 0)),
)
_OPTIONS = (
    Knob("sd_vae", "vae", (None, "")),
    Knob("CLIP_stop_at_last_layers", "clip_skip", (None,)),
    Knob("emphasis", "emphasis", (None,), {label: id for id, label in EMPHASES.items()}),
    Knob("eta_noise_seed_delta", "noise_seed_delta", (None, 0)),
    Knob("sigma_min", "sigma_min", (None, 0)),
    Knob("sigma_max", "sigma_max", (None, 0)),
    Knob("rho", "rho", (None, 0)),
    Knob("always_discard_next_to_last_sigma", "discard_penultimate", (None, False)),
    Knob("randn_source", "noise_source", (None,), {"GPU": "gpu", "CPU": "cpu", "NV": "nv"}),
)
_THEIR_NAME = {ours: theirs for theirs, ours in _PLAIN.items()} | {
    "strength": "denoising_strength",
    "sampler": "sampler_name",
    "schedule": "scheduler",
    "init": "init_images",
    "hires_width": "hr_resize_x",
    "hires_steps": "hr_second_pass_steps",
    "hires_sampler": "hr_sampler_name",
    "hires_schedule": "hr_scheduler",
    "model": "sd_model_checkpoint",
    "resize": "resize_mode",
    "resize_upscaler": "upscaler_for_img2img",
    "mask_padding": "inpaint_full_res_padding",
    **{knob.ours: knob.theirs for knob in (*_KNOBS, *_OPTIONS)},
}


@dataclass(frozen=True, slots=True)
class Order:
    """What a call comes to.

    Attributes:
        requests: what to paint, one after the other, seeds drawn: one for each round.
        settings: the options with what the call overrides.
        notes: what was passed over, in sentences for people.
    """

    requests: tuple[ImageRequest, ...]
    settings: Mapping[str, Any]
    notes: tuple[str, ...] = ()


def order(
    payload: Payload,
    settings: Mapping[str, Any],
    *,
    model: Callable[[str], str],
    styled: Callable[[ImageRequest, Sequence[str]], ImageRequest],
    draw: Callable[[], int],
) -> Order:
    """Return what a call comes to.

    Args:
        payload: the call, filled from its text if it has one.
        settings: all options, with what the call overrides.
        model: gives our name of the model that a title, name or hash stands for.
        styled: puts styles, by their names, on the prompts of a request.
        draw: gives a fresh random whole number at each call, of any size.

    Raises:
        RequestError: a value is outside what is allowed or asks for what we cannot do; names the
            field as the caller knows it.
        ModelNotFoundError: there is no such model.
    """
    refusals.check(payload)
    notes = refusals.scripts(payload, lenient=bool(settings["lenient_scripts"]))
    notes += options.idle(options.checked(payload.override_settings or {}))
    values = dict(_values(payload, settings))
    values["model"] = model(str(settings["sd_model_checkpoint"] or ""))
    values["controls"] = controlnet.controls(payload)
    if isinstance(payload, ImageToImage):
        values |= _painted_on(payload, settings) | scripts.soft(payload)
    if isinstance(payload, TextToImage) and payload.enable_hr:
        values |= _hires(payload)
    with_seeds = styled(_spoken(values), payload.worn).resolved(draw)
    rounds = scripts.made(payload, with_seeds, model) or tuple(
        _part(with_seeds, number * payload.batch_size, payload.batch_size)
        for number in range(payload.n_iter)
    )
    return Order(rounds, settings, notes)


def _values(payload: Payload, settings: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the fields of our request that a call of either kind sets.

    Raises:
        RequestError: one is set that our request does not have.
    """
    for theirs, ours in _PLAIN.items():
        yield ours, getattr(payload, theirs)
    yield "sampler", payload.sampler_name or payload.sampler_index
    yield "schedule", payload.scheduler or "automatic"
    yield from _eta(payload, settings)
    for knob in _KNOBS:
        yield from _turned(knob, getattr(payload, knob.theirs))
    for knob in _OPTIONS:
        yield from _turned(knob, settings.get(knob.theirs))


def _eta(payload: Payload, settings: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield how much fresh noise the options want, where it is another than the usual amount.

    Raises:
        UnknownEntryError: there is no such sampler.
    """
    sampler, _ = sampler_and_schedule(payload.sampler_name or payload.sampler_index, AUTOMATIC)
    fresh = catalog.constants(SAMPLERS, sampler).get("NOISE") is not None
    name = "eta_ddim" if sampler.startswith("ddim") else "eta_ancestral"
    if fresh and settings[name] != options.DEFAULTS[name]:
        yield "eta", settings[name]


def _turned(knob: Knob, value: object) -> Iterator[tuple[str, object]]:
    """Yield the field of our request that a knob sets, if it is turned at all.

    Raises:
        RequestError: our request does not have it.
    """
    if value in knob.silent:
        return
    ours = value if knob.words is None else knob.words.get(value, value)
    if knob.ours in OURS:
        yield knob.ours, ours
    elif ours != _usual(knob.ours):
        raise RequestError(f"{knob.theirs} is {value!r}; it cannot be set yet")


def _usual(field: str) -> object:
    """Return the value that stands for what is done anyway, of fields that may yet come."""
    return {"noise_source": "cpu", "eta": 1.0}.get(field)


def _painted_on(payload: ImageToImage, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of our request that begin from a picture.

    Raises:
        RequestError: a picture is none.
    """
    given = payload.init_images or []
    if len(set(given)) != 1:
        raise RequestError(f"init_images has {len(given)} different pictures; it must have one")
    paper = pictures.colour(settings["img2img_background_color"])
    strength = payload.denoising_strength
    values: dict[str, Any] = {
        "init": pictures.decoded(given[0], "init_images").rgb(paper),
        "strength": 0.75 if strength is None else strength,
        "resize": tuple(RESIZES)[payload.resize_mode],
        "resize_upscaler": settings["upscaler_for_img2img"] or "lanczos",
    }
    return values | (_repainted(payload) if payload.mask else {})


def _repainted(payload: ImageToImage) -> dict[str, Any]:
    """Return the fields of our request about a mask.

    Raises:
        RequestError: it is no picture, or its edges are to fade otherwise across than down.
    """
    across, down = payload.mask_blur_x, payload.mask_blur_y
    if payload.mask_blur is None and across != down:
        raise RequestError(f"mask_blur_x is {across} and mask_blur_y {down}; they must be equal")
    values: dict[str, Any] = {
        "mask": pictures.mask(pictures.decoded(payload.mask or "", "mask")),
        "mask_invert": bool(payload.inpainting_mask_invert),
        "mask_blur": across if payload.mask_blur is None else payload.mask_blur,
        "mask_content": tuple(CONTENTS)[payload.inpainting_fill],
        "only_masked": payload.inpaint_full_res,
        "mask_padding": payload.inpaint_full_res_padding,
    }
    # Then the picture keeps its size, and how else it would come to another means nothing.
    return values | ({"resize": "stretch"} if payload.inpaint_full_res else {})


def _hires(payload: TextToImage) -> dict[str, Any]:
    """Return the fields of our request that are about a second, larger pass.

    Raises:
        UnknownEntryError: there is no such upscaler.
    """
    width, height = payload.hr_resize_x, payload.hr_resize_y
    first = payload.firstphase_width, payload.firstphase_height
    smaller: dict[str, int] = {}
    if any(first):  # as calls were before 2023: the size is that of the second pass
        width, height = payload.width, payload.height
        smaller = {"width": first[0] or width, "height": first[1] or height}
    if not (width or height):
        sides = (payload.width, payload.height)
        width, height = (int(side * payload.hr_scale) // 8 * 8 for side in sides)
    strength = payload.denoising_strength
    return smaller | {
        "hires_width": width,
        "hires_height": height,
        "hires_upscaler": upscaler_id(payload.hr_upscaler or "Latent"),
        "hires_steps": payload.hr_second_pass_steps,
        "hires_sampler": payload.hr_sampler_name,
        "hires_schedule": payload.hr_scheduler,
        "hires_prompt": payload.hr_prompt,
        "hires_negative": payload.hr_negative_prompt,
        "strength": 0.75 if strength is None else strength,
    }


def _spoken(values: Mapping[str, Any]) -> ImageRequest:
    """Return the request of these values, for one picture.

    Raises:
        RequestError: a value is not allowed; names it as the caller knows it.
    """
    try:
        return ImageRequest(**{**values, "batch": 1})
    except UnknownEntryError:
        raise
    except RequestError as error:
        name, _, rest = str(error).partition(" ")
        raise RequestError(f"{_THEIR_NAME.get(name, name)} {rest}") from error


def _part(request: ImageRequest, start: int, count: int) -> ImageRequest:
    """Return the request for pictures `start` to `start + count` of a run that begins with one.

    The seeds go on from picture to picture; those of variations of one seed do not.
    """
    seed = request.seed if request.variation_strength else (request.seed + start) % SEEDS
    variation = (request.variation_seed + start) % SEEDS
    return replace(request, seed=seed, variation_seed=variation, batch=count)
