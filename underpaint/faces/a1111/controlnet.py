"""A1111's extension for ControlNet, which clients take for a part of it: its lists and its units.

A unit is an entry of `alwayson_scripts.ControlNet.args`; each that is on becomes a control of our
request. What it says of memory and of a preprocessor's resolution means nothing here: pictures are
prepared at the size that is painted.
"""

import base64
import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from underpaint.errors import RequestError
from underpaint.faces.a1111 import pictures
from underpaint.faces.a1111.payload import Payload, arguments
from underpaint.media import Image
from underpaint.preprocessors._making import made
from underpaint.requests import _control_text
from underpaint.requests._controls import MODES, MOST, PLACINGS, Control
from underpaint.requests._labels import id_of
from underpaint.requests._preprocessors import label, preprocessor_id, preprocessors, settings
from underpaint.studio.app import Studio
from underpaint.weights import hashes

__all__ = ["NAME", "controls", "router"]

NAME = "controlnet"
"""The script's name in lower case; clients write it in both."""
VERSION = 3
NONE = "None"
RESOLUTION = {"name": "Preprocessor Resolution", "value": 512, "min": 64, "max": 2048, "step": 8}
MAX_PIXELS = 2**24

TYPES: Mapping[str, tuple[str, ...]] = {
    "All": preprocessors(),
    "Canny": ("canny",),
    "Depth": (),
    "Lineart": ("lineart", "invert"),
    "Scribble": ("scribble", "invert"),
    "Tile": ("blur",),
}
"""What leads, and our preprocessors for it; a model is for it if its name says so."""

Label = str | int | list[str | int]


class Unit(BaseModel):
    """What of a unit is heeded."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False, coerce_numbers_to_str=True)

    enabled: bool = True
    image: Annotated[
        str | dict[str, Any], Field(validation_alias=AliasChoices("image", "input_image"))
    ] = ""
    mask: str = ""
    module: str = "none"
    model: str = NONE
    weight: float = 1.0
    resize_mode: Label = "Crop and Resize"
    control_mode: Label = "Balanced"
    guidance_start: float = 0.0
    guidance_end: float = 1.0
    threshold_a: float | None = None
    threshold_b: float | None = None
    hr_option: str = "Both"

    @property
    def works(self) -> bool:
        """Whether it is to do anything: one without picture and model is a form left empty."""
        return self.enabled and (bool(self.image) or self.model not in ("", NONE))


class Detection(BaseModel):
    """The body of `/controlnet/detect`."""

    controlnet_module: str = "none"
    controlnet_input_images: Annotated[
        list[str],
        Field(
            max_length=16,
            validation_alias=AliasChoices("controlnet_input_images", "controlnet_images"),
        ),
    ] = []
    controlnet_processor_res: Annotated[int, Field(ge=-1, le=2048)] = 512
    controlnet_threshold_a: float | None = None
    controlnet_threshold_b: float | None = None


def router(studio: Studio) -> APIRouter:
    """Return the extension's calls.

    Args:
        studio: what has the ControlNets.
    """
    routes = APIRouter(prefix="/controlnet", tags=["A1111: ControlNet"])

    @routes.get("/version", summary="The version of these calls")
    async def version() -> dict[str, int]:
        return {"version": VERSION}

    @routes.get("/settings", summary="How many units there may be")
    async def units() -> dict[str, int]:
        return {"control_net_unit_count": MOST}

    @routes.get("/model_list", summary="ControlNets")
    def model_list() -> dict[str, list[str]]:
        return {"model_list": _titles(studio)}

    @routes.get("/module_list", summary="What makes control pictures")
    async def module_list(alias_names: bool = False) -> dict[str, Any]:
        detail = {_module(id, alias_names): _detail(id) for id in preprocessors()}
        return {"module_list": list(detail), "module_detail": detail}

    @routes.get("/control_types", summary="Kinds of control")
    def control_types() -> dict[str, Any]:
        titles = _titles(studio)
        return {"control_types": {name: _type(name, titles) for name in TYPES}}

    @routes.post("/detect", summary="Control pictures of pictures")
    def detect(asked: Detection) -> dict[str, Any]:
        return {"images": list(_detected(asked)), "info": "Success"}

    return routes


def controls(payload: Payload) -> tuple[Control, ...]:
    """Return what the units of a call ask for.

    Args:
        payload: the call.

    Raises:
        RequestError: a unit asks for what is not allowed or not here; says which.
    """
    found: list[Control] = []
    for place, given in enumerate(_units(payload)):
        try:
            unit = Unit.model_validate({k: v for k, v in given.items() if v is not None})
            found += [_control(unit, payload)] if unit.works else []
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            name = ".".join(map(str, first["loc"][:1]))
            raise RequestError(f"ControlNet unit {place}: {name}: {first['msg']}") from error
        except RequestError as error:
            raise RequestError(f"ControlNet unit {place}: {error}") from error
    return tuple(found)


def _units(payload: Payload) -> Iterator[Mapping[str, Any]]:
    """Yield the units of a call; older clients send switches among them."""
    for name, script in payload.alwayson_scripts.items():
        if name.casefold() == NAME:
            yield from (unit for unit in arguments(script) if isinstance(unit, Mapping))


def _control(unit: Unit, payload: Payload) -> Control:
    preprocessor = preprocessor_id(unit.module or "none")
    _check(unit, payload)
    a, b = _control_text.thresholds(preprocessor, (unit.threshold_a, unit.threshold_b))
    return Control(
        picture=_picture(unit),
        model=unit.model or NONE,
        preprocessor=preprocessor,
        weight=unit.weight,
        start=unit.guidance_start,
        end=unit.guidance_end,
        mode=id_of(_label(unit.control_mode, tuple(MODES.values())), MODES, "control modes"),
        resize=_control_text.placing_id(_label(unit.resize_mode, tuple(PLACINGS.values()))),
        threshold_a=a,
        threshold_b=b,
    )


def _check(unit: Unit, payload: Payload) -> None:
    """Refuse what would change the picture and cannot be done.

    Raises:
        RequestError: the unit is masked, or is for one pass of two only.
    """
    inner = unit.image.get("mask") if isinstance(unit.image, dict) else None
    for mask in (unit.mask, inner):
        if mask and pictures.decoded(str(mask), "mask").grey().array().any():
            raise RequestError("mask is given; a ControlNet leads the whole picture here")
    if getattr(payload, "enable_hr", False) and "only" in unit.hr_option.casefold():
        raise RequestError(f"hr_option is {unit.hr_option[:60]!r}; it must be 'Both'")


def _picture(unit: Unit) -> Image | None:
    """Return the picture that leads; None leaves it to the init picture."""
    given = unit.image.get("image") if isinstance(unit.image, dict) else unit.image
    return pictures.decoded(str(given), "image").with_text("") if given else None


def _label(given: Label, labels: tuple[str, ...]) -> str:
    """Return a label that was sent as itself, as its place, or as a list of one of these."""
    one = given[0] if isinstance(given, list) and given else given
    if isinstance(one, int) or (isinstance(one, str) and one.isdecimal()):
        return labels[int(one)] if 0 <= int(one) < len(labels) else str(one)
    return str(one)


def _titles(studio: Studio) -> list[str]:
    """Return the ControlNets as the extension calls them: "name [0123abcd]"."""
    books = studio.books("controlnets")
    return [f"{book.name} [{hashes.legacy(book.path)}]" for book in books]


def _module(preprocessor: str, in_full: bool) -> str:
    """Return the name of a module, in full as menus show it or without what it is for."""
    return label(preprocessor) if in_full else label(preprocessor).partition(" (")[0]


def _detail(preprocessor: str) -> dict[str, Any]:
    sliders = [
        {"name": each.label, "value": each.usual, "min": each.least, "max": each.most, "step": 1}
        for each in settings(preprocessor)
    ]
    return {"model_free": False, "sliders": [RESOLUTION, *sliders]}


def _type(name: str, titles: list[str]) -> dict[str, Any]:
    modules = dict.fromkeys((*TYPES[name], "none"))
    fitting = [title for title in titles if name == "All" or name.casefold() in title.casefold()]
    listed = [_module(id, False) for id in modules]
    return {
        "module_list": listed,
        "model_list": [NONE, *fitting],
        "default_option": "none" if name == "All" else listed[0],
        "default_model": NONE if name == "All" or not fitting else fitting[0],
    }


def _detected(asked: Detection) -> Iterator[str]:
    """Yield a control picture of each picture, in base64.

    Raises:
        RequestError: one is no picture, or there is no such module.
    """
    preprocessor = preprocessor_id(asked.controlnet_module)
    given = asked.controlnet_threshold_a, asked.controlnet_threshold_b
    told = _control_text.thresholds(preprocessor, given)
    for text in asked.controlnet_input_images:
        picture = pictures.decoded(text, "controlnet_input_images")
        if preprocessor != "none":
            picture = _scaled(picture, asked.controlnet_processor_res)
        yield base64.b64encode(made(picture, preprocessor, *told).png()).decode()


def _scaled(picture: Image, side: int) -> Image:
    """Return a picture whose shorter side is this long, within bounds; below 0 it stays as is."""
    factor = side / min(picture.width, picture.height) if side > 0 else 1.0
    factor = min(factor, math.sqrt(MAX_PIXELS / (picture.width * picture.height)))
    sides = (max(1, round(length * factor)) for length in (picture.width, picture.height))
    return picture.resized(*sides)
