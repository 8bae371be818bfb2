"""Calls about a picture that is there: the text in it, scaling it."""

import base64
from collections.abc import Sequence
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from underpaint.errors import RequestError, WorkError
from underpaint.faces.a1111 import info, pictures
from underpaint.faces.a1111.calls import Desk
from underpaint.media import Image
from underpaint.requests.upscale import UpscaleRequest
from underpaint.studio.app import Studio
from underpaint.studio.jobs import Job

__all__ = ["router"]

MAX_SIDE = 8192

_NONE = (None, "", "None")


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
    upscaling_resize: Annotated[float, Field(ge=0.05, le=8)] = 2
    upscaling_resize_w: Annotated[int, Field(ge=1, le=MAX_SIDE)] = 512
    upscaling_resize_h: Annotated[int, Field(ge=1, le=MAX_SIDE)] = 512
    upscaling_crop: bool = True
    upscaler_1: str | None = "None"
    upscaler_2: str | None = "None"
    extras_upscaler_2_visibility: Annotated[float, Field(ge=0, le=1)] | None = 0
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


def router(desk: Desk) -> APIRouter:
    """Return the calls about a picture.

    Args:
        desk: where calls are handed in.
    """
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
    async def extra_single_image(asked: SingleScaling) -> dict[str, str]:
        [image] = await _scaled(desk, asked, {"image": [asked.image]})
        return {"html_info": "", "image": image}

    @routes.post("/extra-batch-images", summary="Pictures scaled")
    async def extra_batch_images(asked: ManyScalings) -> dict[str, Any]:
        given = [each.data for each in asked.imageList]
        images = await _scaled(desk, asked, {"imageList": given})
        return {"html_info": "", "images": images}

    return routes


async def _scaled(desk: Desk, asked: Scaling, given: dict[str, list[str]]) -> list[str]:
    """Return pictures in base64, scaled, each with its text; the worker does it.

    Args:
        desk: where the call is handed in.
        asked: how to scale them.
        given: the pictures in base64, by the name of their field.

    Raises:
        UnderpaintError: one is no picture, or the scaling is not possible.
    """
    found = await run_sync(_decoded, asked, given)
    if asked.upscaler_1 in _NONE:  # then nothing is scaled, by neither
        return await run_sync(lambda: [_encoded(picture.png()) for picture in found])
    orders = [_order(asked, picture) for picture in found]
    jobs = await run_sync(desk.submit, orders, "")
    over = await desk.ended(jobs, _stays)
    return await run_sync(_answers, desk.studio, over)


async def _stays() -> bool:
    """Whoever asks is taken to wait, as for pictures that are painted."""
    return False


def _decoded(asked: Scaling, given: dict[str, list[str]]) -> list[Image]:
    """Return the pictures of a call.

    Raises:
        RequestError: one is none; or the call asks for what is not here.
    """
    if asked.gfpgan_visibility or asked.codeformer_visibility:
        raise RequestError(
            "gfpgan_visibility and codeformer_visibility must be 0; no face restorer is here"
        )
    return [pictures.decoded(text, field) for field, texts in given.items() for text in texts]


def _order(asked: Scaling, picture: Image) -> UpscaleRequest:
    """Return what a call comes to for one of its pictures.

    Raises:
        RequestError: it would become too large.
    """
    second = None if asked.upscaler_2 in _NONE else asked.upscaler_2
    return UpscaleRequest(
        init=picture,
        upscaler=asked.upscaler_1 or "",
        scale=asked.upscaling_resize,
        width=asked.upscaling_resize_w if asked.resize_mode else 0,
        height=asked.upscaling_resize_h if asked.resize_mode else 0,
        crop=asked.upscaling_crop,
        second_upscaler=second,
        second_visibility=asked.extras_upscaler_2_visibility or 0.0,
    )


def _answers(studio: Studio, over: Sequence[Job]) -> list[str]:
    """Return the pictures of jobs in base64.

    Raises:
        WorkError: one was stopped.
    """
    if any(not job.pictures for job in over):
        raise WorkError("the pictures are not all scaled, for the call was stopped")
    return [_encoded(studio.gallery.file(job.pictures[0]).read_bytes()) for job in over]


def _encoded(png: bytes) -> str:
    return base64.b64encode(png).decode()
