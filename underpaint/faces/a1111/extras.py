"""Calls about a picture that is there: the text in it, scaling it, control pictures of it."""

import base64
from typing import Annotated, Any

import numpy
from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from underpaint.errors import RequestError, UnknownEntryError
from underpaint.faces.a1111 import info, pictures
from underpaint.faces.a1111.lists import UPSCALERS
from underpaint.media import Image

__all__ = ["controlnet", "router"]

MAX_SIDE = 8192


class PictureOnly(BaseModel):
    """A call with nothing but a picture."""

    image: str = ""
    """In base64, or as a data URI."""


class Interrogation(PictureOnly):
    """The body of `/interrogate`."""

    model: str = "clip"


class Scaling(BaseModel):
    """How to scale pictures: the fields that one and many share."""

    resize_mode: Annotated[int, Field(ge=0, le=1)] = 0
    show_extras_results: bool | None = True
    gfpgan_visibility: float | None = 0
    codeformer_visibility: float | None = 0
    codeformer_weight: float | None = 0
    upscaling_resize: Annotated[float, Field(gt=0, le=8)] = 2
    upscaling_resize_w: Annotated[int, Field(ge=1, le=MAX_SIDE)] = 512
    upscaling_resize_h: Annotated[int, Field(ge=1, le=MAX_SIDE)] = 512
    upscaling_crop: bool = True
    upscaler_1: str | None = "None"
    upscaler_2: str | None = "None"
    extras_upscaler_2_visibility: float | None = 0
    upscale_first: bool | None = False


class SingleScaling(Scaling):
    """The body of `/extra-single-image`."""

    image: str = ""


class NamedPicture(BaseModel):
    """One of many pictures."""

    data: str
    name: str = ""


class ManyScalings(Scaling):
    """The body of `/extra-batch-images`."""

    imageList: Annotated[list[NamedPicture], Field(max_length=64)] = []  # noqa: N815


class Detection(BaseModel):
    """The body of `/controlnet/detect`."""

    controlnet_module: str = "none"
    controlnet_input_images: Annotated[list[str], Field(max_length=16)] = []


def router() -> APIRouter:
    """Return the calls about a picture."""
    routes = APIRouter(prefix="/sdapi/v1", tags=["A1111: pictures"])

    @routes.post("/png-info", summary="The text inside a picture")
    def png_info(asked: PictureOnly) -> dict[str, Any]:
        text = pictures.decoded(asked.image, "image").text if asked.image else ""
        items = {"parameters": text} if text else {}
        return {"info": text, "items": items, "parameters": info.parsed(text)}

    @routes.post("/interrogate", summary="A picture put into words; not here yet")
    def interrogate(asked: Interrogation) -> dict[str, str]:
        raise HTTPException(404, f"no {asked.model[:60]!r} in interrogators; there are: none")

    @routes.post("/extra-single-image", summary="A picture scaled")
    def extra_single_image(asked: SingleScaling) -> dict[str, str]:
        return {"html_info": "", "image": _scaled(asked.image, "image", asked)}

    @routes.post("/extra-batch-images", summary="Pictures scaled")
    def extra_batch_images(asked: ManyScalings) -> dict[str, Any]:
        images = [_scaled(each.data, "imageList", asked) for each in asked.imageList]
        return {"html_info": "", "images": images}

    return routes


def controlnet() -> APIRouter:
    """Return the calls of the ControlNet extension, which clients look for; nothing is in them."""
    routes = APIRouter(prefix="/controlnet", tags=["A1111: ControlNet"])

    @routes.get("/version", summary="The version of these calls")
    async def version() -> dict[str, int]:
        return {"version": 3}

    @routes.get("/model_list", summary="Control models")
    async def model_list() -> dict[str, list[str]]:
        return {"model_list": []}

    @routes.get("/module_list", summary="What makes control pictures")
    async def module_list() -> dict[str, Any]:
        return {
            "module_list": ["none"],
            "module_detail": {"none": {"model_free": False, "sliders": []}},
        }

    @routes.get("/control_types", summary="Kinds of control")
    async def control_types() -> dict[str, Any]:
        none = {"default_option": "none", "default_model": "None"}
        return {"control_types": {"All": {"module_list": ["none"], "model_list": [], **none}}}

    @routes.post("/detect", summary="Control pictures of pictures")
    def detect(asked: Detection) -> dict[str, Any]:
        if asked.controlnet_module != "none":
            raise UnknownEntryError("modules", asked.controlnet_module, ("none",))
        given = asked.controlnet_input_images
        images = [pictures.decoded(each, "controlnet_input_images").png() for each in given]
        return {"images": [base64.b64encode(image).decode() for image in images], "info": "Success"}

    return routes


def _scaled(text: str, field: str, asked: Scaling) -> str:
    """Return a picture in base64, scaled, with its text.

    Raises:
        RequestError: it is none, or the scaling is not possible.
    """
    if asked.gfpgan_visibility or asked.codeformer_visibility:
        raise RequestError(
            "gfpgan_visibility and codeformer_visibility must be 0; no face restorer is here"
        )
    if asked.extras_upscaler_2_visibility and asked.upscaler_2 not in (None, "", "None"):
        raise RequestError("extras_upscaler_2_visibility must be 0; two upscalers are not mixed")
    upscaler = asked.upscaler_1 or "None"
    if upscaler not in UPSCALERS:
        raise UnknownEntryError("upscalers", upscaler, UPSCALERS)
    picture = pictures.decoded(text, field)
    return base64.b64encode(
        _resized(picture, asked, upscaler).with_text(picture.text).png()
    ).decode()


def _resized(picture: Image, asked: Scaling, upscaler: str) -> Image:
    if asked.resize_mode == 0:
        factor = asked.upscaling_resize
        width, height = round(picture.width * factor), round(picture.height * factor)
    else:
        width, height = asked.upscaling_resize_w, asked.upscaling_resize_h
    width, height = max(1, width), max(1, height)
    if asked.resize_mode == 1 and asked.upscaling_crop:
        return pictures.cropped(picture, width, height)
    if upscaler == "Nearest":
        rows = numpy.arange(height) * picture.height // height
        columns = numpy.arange(width) * picture.width // width
        return Image.of(picture.array()[rows][:, columns])
    return picture.resized(width, height)
