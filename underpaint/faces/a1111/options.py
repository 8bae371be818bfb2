"""A1111's options: those that clients touch, what they mean here, and what they may be set to.

An option without effect here is kept and given back, since clients read all options and send
them all again; who sets it is told. What decides about safety cannot be set while the studio runs.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from underpaint.errors import RequestError
from underpaint.requests._emphasis import EMPHASES
from underpaint.requests._fields import fields
from underpaint.requests.image import ImageRequest

__all__ = ["DEFAULTS", "OPTIONS", "Option", "checked", "idle", "known", "with_overrides"]

CHECKPOINT = "sd_model_checkpoint"
MAX_TEXT = 4096
MAX_LIST = 256


@dataclass(frozen=True, slots=True)
class Option:
    """What there is to know about one option.

    Attributes:
        default: its value when nobody set it; its type is the option's, texts for None.
        choices: the values there are; () for any of the type.
        least: the smallest number.
        most: the largest number.
        only: it stays as it is; why, in words that go on from "cannot be set; ".
        idle: it may be set and has no effect; why, in words that go on from "has no effect here; ".
    """

    default: bool | int | float | str | tuple[str, ...] | None = None
    choices: tuple[str, ...] = ()
    least: float = 0
    most: float = 2**32 - 1
    only: str = ""
    idle: str = ""

    def allowed(self) -> str:
        """Return what it may be, in words."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        match self.default:
            case bool():
                return "true or false"
            case int():
                return f"a whole number between {self.least:g} and {self.most:g}"
            case float():
                return f"a number between {self.least:g} and {self.most:g}"
            case tuple():
                return "a list of texts"
        return "a text"


_SAFETY = "it is settled when the studio starts"
_KEPT = "every picture is kept in the gallery"
_SHOWN = "each step is shown, ten times a second at most"
_FACES = "there is no face restorer"
_TOLD = "a picture that tells anything tells all that made it"
_TILES = "the studio cuts pictures for upscalers by itself"
_OURS = {field.name: field.default for field in fields(ImageRequest)}
_ORIGIN = str(_OURS.get("noise_source", "cpu")).upper()

OPTIONS: Mapping[str, Option] = {
    CHECKPOINT: Option(None),
    "sd_vae": Option("Automatic"),
    "CLIP_stop_at_last_layers": Option(1, least=1, most=12),
    "samples_format": Option("png", ("png", "jpg", "jpeg", "webp")),
    "jpeg_quality": Option(80, least=1, most=100),
    "samples_save": Option(True, idle=_KEPT),
    "grid_save": Option(True, idle="grids are made anew when they are asked for"),
    "grid_format": Option(
        "png", ("png", "jpg", "jpeg", "webp"), idle="grids are sent as samples_format says"
    ),
    "return_grid": Option(True),
    "eta_noise_seed_delta": Option(0),
    "randn_source": Option(_ORIGIN, ("GPU", "CPU", "NV")),
    "emphasis": Option("Original", tuple(EMPHASES.values())),
    "comma_padding_backtrack": Option(20, least=20, most=20),
    "enable_batch_seeds": Option(True, idle="a picture is the same in any batch"),
    "sigma_min": Option(0.0, most=1000),
    "sigma_max": Option(0.0, most=1000),
    "rho": Option(0.0, most=100),
    "always_discard_next_to_last_sigma": Option(False),
    "img2img_color_correction": Option(False, only="colours are not corrected"),
    "img2img_fix_steps": Option(False, only="steps are those of the whole schedule"),
    "img2img_background_color": Option("#ffffff"),
    "initial_noise_multiplier": Option(1.0, least=1, most=1),
    "img2img_extra_noise": Option(0.0, most=0),
    "inpainting_mask_weight": Option(1.0, most=1, idle="models that inpaint see the whole mask"),
    "overlay_inpaint": Option(True, only="what is not masked stays as it was"),
    "token_merging_ratio": Option(0.0, most=0),
    "s_min_uncond": Option(0.0, most=0),
    "pad_cond_uncond": Option(False, idle="prompts of any length are heard side by side"),
    "fp8_storage": Option("Disable", ("Disable",)),
    "live_previews_enable": Option(True),
    "show_progress_every_n_steps": Option(1, least=-1, most=1000, idle=_SHOWN),
    "show_progress_type": Option("Approx NN", idle=_SHOWN),
    "live_preview_refresh_period": Option(1000, most=60_000, idle=_SHOWN),
    "eta_ddim": Option(0.0, most=1),
    "eta_ancestral": Option(1.0, most=1),
    "upscaler_for_img2img": Option(None),
    "face_restoration_model": Option("None", idle=_FACES),
    "code_former_weight": Option(0.5, most=1, idle=_FACES),
    "ESRGAN_tile": Option(192, most=4096, idle=_TILES),
    "ESRGAN_tile_overlap": Option(8, most=1024, idle=_TILES),
    "add_model_name_to_info": Option(True, idle=_TOLD),
    "add_model_hash_to_info": Option(True, idle=_TOLD),
    "add_vae_name_to_info": Option(True, idle=_TOLD),
    "add_vae_hash_to_info": Option(True, idle=_TOLD),
    "add_version_to_infotext": Option(True, idle=_TOLD),
    "enable_pnginfo": Option(True),
    "auto_backcompat": Option(True, idle="texts are always read as their version wrote them"),
    "api_enable_requests": Option(False, only=_SAFETY),
    "api_forbid_local_requests": Option(True, only=_SAFETY),
    "quicksettings_list": Option((CHECKPOINT,), idle="the page has menus of its own"),
    "directories_filename_pattern": Option("[date]", only="pictures are named by the studio"),
    **{
        f"outdir_{name}": Option(folder, only=_SAFETY)
        for name, folder in {
            "samples": "",
            "txt2img_samples": "outputs/txt2img-images",
            "img2img_samples": "outputs/img2img-images",
            "extras_samples": "outputs/extras-images",
            "txt2img_grids": "outputs/txt2img-grids",
            "img2img_grids": "outputs/img2img-grids",
            "save": "log/images",
        }.items()
    },
    "lenient_scripts": Option(False),
}

DEFAULTS: Mapping[str, Any] = {
    name: list(option.default) if isinstance(option.default, tuple) else option.default
    for name, option in OPTIONS.items()
}


def checked(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes to options that we know, each in its type; others are passed over.

    Args:
        changes: by name; null stands for the default.

    Raises:
        RequestError: a value is outside what is allowed; names the option.
    """
    known = {name: value for name, value in changes.items() if name in OPTIONS}
    values = {name: _checked(name, value) for name, value in known.items()}
    return {name: value for name, value in values.items() if not OPTIONS[name].only}


def idle(changes: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a sentence about each change that has no effect here.

    Args:
        changes: as `checked` returns them.
    """
    moved = {name: value for name, value in changes.items() if value != DEFAULTS[name]}
    return tuple(
        f"{name} has no effect here; {OPTIONS[name].idle}" for name in moved if OPTIONS[name].idle
    )


def known(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the kept values that are options of ours, and still sound."""
    sound: dict[str, Any] = {}
    for name, value in values.items():
        with contextlib.suppress(RequestError):
            sound |= checked({name: value})
    return sound


def with_overrides(
    settings: Mapping[str, Any], overrides: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return all options, with what a call overrides.

    Args:
        settings: those that were set; the rest are at their defaults.
        overrides: what the call sends as `override_settings`.

    Raises:
        RequestError: a value is outside what is allowed.
    """
    return {**DEFAULTS, **settings, **checked(overrides or {})}


def _checked(name: str, value: object) -> object:
    option = OPTIONS[name]
    if value is None:
        return DEFAULTS[name]
    converted = _converted(option, value)
    if option.only and converted != DEFAULTS[name]:
        raise RequestError(f"{name} cannot be set; {option.only}")
    sound = converted is not None and (not option.choices or converted in option.choices)
    if isinstance(converted, int | float) and not isinstance(converted, bool):
        sound = sound and option.least <= converted <= option.most
    if not sound:
        raise RequestError(f"{name} is {str(value)[:60]!r}; it must be {option.allowed()}")
    return converted


def _converted(option: Option, value: object) -> object:
    """Return a value in an option's type; None when it has none such. Numbers may be texts."""
    match option.default, value:
        case bool(), bool():
            return value
        case bool(), _:
            return None
        case ((int() | float()), (int() | float() | str())) if not isinstance(value, bool):
            return _number(option.default, value)
        case ((str() | None), str()) if len(value) <= MAX_TEXT and value.isprintable():
            return value
        case tuple(), list() if len(value) <= MAX_LIST:
            return value if all(isinstance(part, str) for part in value) else None
    return None


def _number(default: object, value: object) -> int | float | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    if isinstance(default, float):
        return number
    return int(number) if number.is_integer() else None
