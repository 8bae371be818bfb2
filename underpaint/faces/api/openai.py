"""`/v1/images`: OpenAI's calls for pictures, as Open WebUI and LibreChat make them.

Their names of models ("dall-e-3", "gpt-image-1") and an empty one stand for the model that
requests default to; any other must be one of ours.
"""

import base64
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated, Literal

from anyio.to_thread import run_sync
from fastapi import APIRouter, File, Form, Request, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from underpaint.engines import _models
from underpaint.errors import ModelNotFoundError, RequestError
from underpaint.faces._http import replies
from underpaint.media import Image
from underpaint.requests.image import ImageRequest
from underpaint.studio.app import Studio
from underpaint.studio.jobs import Job

__all__ = ["router"]

CLIENT = "openai"
PAUSE = 1.0

_THEIRS = ("dall-e", "gpt-image", "chatgpt-image")
_SIDES = re.compile(r"(\d{1,5})x(\d{1,5})")


class Generation(BaseModel):
    """What `/v1/images/generations` takes; other keys are passed over."""

    model_config = ConfigDict(extra="ignore")

    prompt: Annotated[str, Field(max_length=16 * 2**10)]
    model: Annotated[str, Field(max_length=1024)] | None = None
    n: Annotated[int, Field(ge=1, le=16)] | None = 1
    size: Annotated[str, Field(max_length=16)] | None = "auto"
    """Like 512x512; auto is the size that requests default to."""

    response_format: Literal["b64_json", "url"] | None = "b64_json"


class OnePicture(BaseModel):
    """One of the pictures of an answer."""

    b64_json: str | None = None
    url: str | None = None
    revised_prompt: str | None = None


class Pictures(BaseModel):
    """The answer to both calls."""

    created: int
    data: list[OnePicture]


def router(studio: Studio) -> APIRouter:
    """Return the two calls.

    Args:
        studio: what paints.
    """
    routes = APIRouter(prefix="/v1/images", tags=["OpenAI's pictures"])

    @routes.post("/generations", summary="Pictures of words")
    async def generations(asked: Generation, request: Request) -> Pictures:
        painted = await run_sync(_requested, studio, asked)
        return await _painted(studio, painted, asked, request)

    @routes.post(
        "/edits", summary="A picture painted on; where the mask is transparent, or all of it"
    )
    async def edits(  # noqa: PLR0913, PLR0917  the parts of the form are theirs
        request: Request,
        prompt: Annotated[str, Form(max_length=16 * 2**10)],
        image: Annotated[UploadFile, File()],
        mask: Annotated[UploadFile | None, File()] = None,
        model: Annotated[str, Form(max_length=1024)] = "",
        n: Annotated[int, Form(ge=1, le=16)] = 1,
        size: Annotated[str, Form(max_length=16)] = "auto",
        response_format: Annotated[Literal["b64_json", "url"], Form()] = "b64_json",
    ) -> Pictures:
        asked = Generation(
            prompt=prompt, model=model, n=n, size=size, response_format=response_format
        )
        data = await image.read()
        cover = None if mask is None else await mask.read()
        painted = await run_sync(_edited, studio, asked, data, cover)
        return await _painted(studio, painted, asked, request)

    return routes


def _requested(studio: Studio, asked: Generation) -> ImageRequest:
    """Return what a call asks for.

    Raises:
        UnderpaintError: a value is not allowed; or there is no such model.
    """
    width, height = _size(asked.size)
    return ImageRequest(
        prompt=asked.prompt,
        model=_model(studio, asked.model or ""),
        batch=asked.n or 1,
        width=width,
        height=height,
    )


def _edited(studio: Studio, asked: Generation, data: bytes, cover: bytes | None) -> ImageRequest:
    """Return what a call asks for that brings a picture, and perhaps a mask."""
    picture = Image.decode(data)
    mask = None if cover is None else _mask(Image.decode(cover))
    if mask is None and picture.mode == "RGBA":
        mask = _mask(picture)
    return replace(_requested(studio, asked), init=picture, mask=mask)


def _mask(picture: Image) -> Image | None:
    """Return our mask, white where theirs is transparent; None when it is so nowhere."""
    if picture.mode != "RGBA":
        return picture.grey()
    alpha = picture.array()[..., 3]
    return Image.of(255 - alpha) if (alpha < 255).any() else None


def _model(studio: Studio, name: str) -> str:
    if not name or name.lower().startswith(_THEIRS):
        return ImageRequest().model
    names = [*(book.name for book in studio.books()), *_models.made()]
    if name not in names:
        raise ModelNotFoundError(f"no {name[:200]!r} in models; there are: {', '.join(names)}")
    return name


def _size(text: str | None) -> tuple[int, int]:
    if text in (None, "", "auto"):
        return ImageRequest().width, ImageRequest().height
    sides = _SIDES.fullmatch(str(text))
    if sides is None:
        raise RequestError(f"size is {text!r}; it must be like 512x512, or auto")
    return int(sides[1]), int(sides[2])


async def _painted(
    studio: Studio, request: ImageRequest, asked: Generation, caller: Request
) -> Pictures:
    """Return the pictures, once they are there; a caller who leaves takes the job along."""
    job = await run_sync(lambda: studio.submit(request, client=CLIENT))
    job = await _over(studio, job, caller.is_disconnected)
    if job.error:
        raise replies.of_job(job.error_kind, job.error)
    base = str(caller.base_url)
    return Pictures(
        created=int(time.time()),
        data=[await run_sync(_one, studio, id, asked, base) for id in job.pictures],
    )


async def _over(studio: Studio, job: Job, gone: Callable[[], Awaitable[bool]]) -> Job:
    while not (job := await studio.ended(job.id, timeout=PAUSE)).over:
        if await gone():
            studio.cancel(job.id)
    return job


def _one(studio: Studio, id: str, asked: Generation, base: str) -> OnePicture:
    if asked.response_format == "url":
        return OnePicture(url=f"{base}v1/gallery/{id}/file")
    return OnePicture(b64_json=base64.b64encode(studio.gallery.file(id).read_bytes()).decode())
