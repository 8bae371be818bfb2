"""The text that a call may bring: it fills every field that the call does not set itself."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from underpaint import infotext
from underpaint.errors import RequestError
from underpaint.faces._http import replies
from underpaint.faces.a1111.payload import Payload
from underpaint.requests._repainting import CONTENTS, RESIZES

AnyPayload = TypeVar("AnyPayload", bound=Payload)

# What a picture's text says, and the field of a call that it fills.
_FIELDS: Mapping[str, str] = {
    "Steps": "steps",
    "Sampler": "sampler_name",
    "Schedule type": "scheduler",
    "CFG scale": "cfg_scale",
    "Seed": "seed",
    "Variation seed": "subseed",
    "Variation seed strength": "subseed_strength",
    "Denoising strength": "denoising_strength",
    "Eta": "eta",
    "Eta DDIM": "eta",
    "Sigma churn": "s_churn",
    "Sigma tmin": "s_tmin",
    "Sigma tmax": "s_tmax",
    "Sigma noise": "s_noise",
    "Hires upscale": "hr_scale",
    "Hires steps": "hr_second_pass_steps",
    "Hires upscaler": "hr_upscaler",
    "Hires checkpoint": "hr_checkpoint_name",
    "Hires sampler": "hr_sampler_name",
    "Hires schedule type": "hr_scheduler",
    "Hires prompt": "hr_prompt",
    "Hires negative prompt": "hr_negative_prompt",
    "Mask blur": "mask_blur",
    "Masked area padding": "inpaint_full_res_padding",
    "Refiner": "refiner_checkpoint",
    "Refiner switch at": "refiner_switch_at",
}
_SIDES: Mapping[str, tuple[str, str]] = {
    "Size": ("width", "height"),
    "Seed resize from": ("seed_resize_from_w", "seed_resize_from_h"),
    "Hires resize": ("hr_resize_x", "hr_resize_y"),
}
# Values that a call has other words for.
_WORDS: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "Mask mode": ("inpainting_mask_invert", {"Inpaint masked": 0, "Inpaint not masked": 1}),
    "Inpaint area": ("inpaint_full_res", {"Whole picture": False, "Only masked": True}),
    "Masked content": (
        "inpainting_fill",
        {label: place for place, label in enumerate(CONTENTS.values())},
    ),
    "Resize mode": ("resize_mode", {label: place for place, label in enumerate(RESIZES.values())}),
}
_OPTIONS: Mapping[str, str] = {
    "Clip skip": "CLIP_stop_at_last_layers",
    "Model": "sd_model_checkpoint",
    "VAE": "sd_vae",
    "ENSD": "eta_noise_seed_delta",
    "RNG": "randn_source",
    "Emphasis": "emphasis",
    "Schedule min sigma": "sigma_min",
    "Schedule max sigma": "sigma_max",
    "Schedule rho": "rho",
}
_LARGER = ("Hires upscale", "Hires resize", "Hires upscaler")
_SAME = "Use same"
_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})")


def filled(payload: AnyPayload) -> AnyPayload:
    """Return a call with what its text says, wherever it says nothing itself.

    Raises:
        RequestError: the text says what no call can.
    """
    if not payload.infotext:
        return payload
    prompt, negative, pairs = infotext.parts(payload.infotext)
    said = {"prompt": prompt, "negative_prompt": negative} | dict(_said(pairs))
    options: dict[str, Any] = {
        option: pairs[key] for key, option in _OPTIONS.items() if key in pairs
    }
    if pairs.get("Discard penultimate sigma") == "True":
        options["always_discard_next_to_last_sigma"] = True

    given = payload.model_dump(exclude_unset=True)
    overrides = options | (payload.override_settings or {})
    try:
        return type(payload).model_validate(said | given | {"override_settings": overrides})
    except ValidationError as error:
        raise RequestError(f"infotext: {replies.sentence(error.errors())}") from error


def _said(pairs: Mapping[str, str]) -> Iterator[tuple[str, object]]:
    """Yield the fields of either call that pairs of a text speak of."""
    for key, field in _FIELDS.items():
        if key in pairs and not pairs[key].startswith(_SAME):
            yield field, pairs[key]
    for key, fields in _SIDES.items():
        if size := _SIZE.fullmatch(pairs.get(key, "")):
            yield from zip(fields, size.groups(), strict=True)
    for key, (field, words) in _WORDS.items():
        if pairs.get(key) in words:
            yield field, words[pairs[key]]
    if any(key in pairs for key in _LARGER):
        yield "enable_hr", True
