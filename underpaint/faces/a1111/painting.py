"""`/sdapi/v1/txt2img` and `/sdapi/v1/img2img`: a call waits until its pictures are there."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from underpaint.faces.a1111 import info, models, options, pictures, requests, texts
from underpaint.faces.a1111.calls import Desk
from underpaint.faces.a1111.payload import ImageToImage, Payload, TextToImage
from underpaint.faces.a1111.requests import Order
from underpaint.media import Image
from underpaint.requests.grid import GridRequest
from underpaint.requests.image import ImageRequest
from underpaint.studio.app import Studio
from underpaint.studio.jobs import Job

__all__ = ["Painted", "router"]


class Painted(BaseModel):
    """What a painting call gives back."""

    images: list[str]
    """In base64, without prefix; the grid first, if there is one."""

    parameters: dict[str, Any]
    """The call itself, every field of it."""

    info: str
    """What was painted: JSON in a text."""


def router(desk: Desk) -> APIRouter:
    """Return the two calls.

    Args:
        desk: where calls are handed in.
    """
    routes = APIRouter(prefix="/sdapi/v1", tags=["A1111: painting"])

    @routes.post("/txt2img", summary="Paint pictures of words")
    async def txt2img(
        payload: TextToImage, request: Request, cancel_on_disconnect: bool = False
    ) -> Painted:
        return await _painted(desk, payload, request, cancel_on_disconnect)

    @routes.post("/img2img", summary="Paint on a picture, or where a mask is white")
    async def img2img(
        payload: ImageToImage, request: Request, cancel_on_disconnect: bool = False
    ) -> Painted:
        if not payload.init_images:
            raise HTTPException(404, "Init image not found")
        return await _painted(desk, payload, request, cancel_on_disconnect)

    return routes


async def _painted(desk: Desk, payload: Payload, request: Request, cancel: bool) -> Painted:
    """Return the pictures of a call, once they are there."""
    called, studio = datetime.now(), desk.studio
    full, order = await run_sync(_ordered, studio, payload)
    jobs = await run_sync(desk.submit, order.requests, payload.force_task_id or "")

    async def gone() -> bool:
        return cancel and await request.is_disconnected()

    over = await desk.ended(jobs, gone)
    return await run_sync(_answer, studio, full, (order, over, called))


def _ordered(studio: Studio, payload: Payload) -> tuple[Payload, Order]:
    """Return the call with what its text fills in, and what it comes to.

    Raises:
        UnderpaintError: a value is not allowed; or there is no such model.
    """
    full = texts.filled(payload)
    overrides = full.override_settings or {}
    settings = options.with_overrides(options.known(studio.preferences.all()), overrides)
    order = requests.order(
        full,
        settings,
        model=lambda name: models.named(studio, name).name,
        styled=studio.styles.on,
        draw=lambda: secrets.randbits(32),
    )
    if overrides and not full.override_settings_restore_afterwards:
        studio.preferences.change(options.checked(overrides))
    return full, order


def _answer(
    studio: Studio, payload: Payload, told: tuple[Order, Sequence[Job], datetime]
) -> Painted:
    order, over, called = told
    painted = list(_pictures(studio, order, over))
    plotted = any(isinstance(request, GridRequest) for request in order.requests)
    with_grid = bool(order.settings["return_grid"]) and len(painted) > 1 and not plotted
    images: list[str] = []
    if payload.send_images:
        if with_grid:
            grid = pictures.grid([picture for _, picture, _ in painted])
            images.append(pictures.encoded(_told(grid, order), order.settings))
        images += [_encoded(picture, png, order) for _, picture, png in painted]

    card = models.named(studio, order.requests[0].model)
    notes = [*order.notes, *(note for job in over for note in job.notes)]
    if any(job.state == "cancelled" for job in over):
        notes.append("interrupted")
    first = order.requests[0].alone(0)
    known = [(request, picture) for request, picture, _ in painted]
    return Painted(
        images=images,
        parameters=payload.echo(),
        info=info.info(
            known or [(first, Image("L", 1, 1, b"\0"))],
            model=card.name,
            model_hash=card.short,
            at=called,
            first=int(with_grid and payload.send_images),
            styles=payload.worn,
            notes=notes,
        ),
    )


def _pictures(
    studio: Studio, order: Order, over: Sequence[Job]
) -> list[tuple[ImageRequest, Image, bytes]]:
    """Return each picture there is, with the request that paints it alone and its PNG file."""
    painted: list[tuple[ImageRequest, Image, bytes]] = []
    for request, job in zip(order.requests, over, strict=False):  # it may have been stopped
        for id in job.pictures:
            png = studio.gallery.file(id).read_bytes()
            index = studio.gallery.picture(id).index
            painted.append((request.alone(index), Image.decode(png), png))
    return painted


def _encoded(picture: Image, png: bytes, order: Order) -> str:
    """Return a picture in base64; one that is wanted as PNG is sent as it lies there."""
    if order.settings["samples_format"] == "png" and order.settings["enable_pnginfo"]:
        return base64.b64encode(png).decode()
    return pictures.encoded(_told(picture, order), order.settings)


def _told(picture: Image, order: Order) -> Image:
    """Return a picture that tells how it was made, unless the options say that it must not."""
    return picture if order.settings["enable_pnginfo"] else picture.with_text("")
