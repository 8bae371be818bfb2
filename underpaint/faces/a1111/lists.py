"""What A1111's clients ask before they paint: which models, samplers, upscalers and so on."""

import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from fastapi import APIRouter

from underpaint.errors import WorkError
from underpaint.faces.a1111 import controlnet, labels, models, scripts
from underpaint.faces.a1111.flags import FLAGS
from underpaint.requests._fields import Field, fields
from underpaint.requests.image import ImageRequest
from underpaint.studio.app import Studio

__all__ = ["router"]

# The parts of A1111's own form that count as scripts there: our fields do the same.
_FORMS: Mapping[str, Mapping[str, str]] = {
    "sampler": {
        "steps": "Sampling steps",
        "sampler": "Sampling method",
        "schedule": "Schedule type",
    },
    "seed": {
        "seed": "Seed",
        "variation_seed": "Variation seed",
        "variation_strength": "Variation strength",
    },
}
_EMPTY = (
    "sd-modules",
    "hypernetworks",
    "face-restorers",
    "artist-categories",
    "artists",
    "extensions",
)
_REFRESHES = ("refresh-checkpoints", "refresh-vae", "refresh-embeddings", "refresh-loras")


def router(studio: Studio, flags: Mapping[str, Any]) -> APIRouter:
    """Return the lists.

    Args:
        studio: what has the models.
        flags: of the command line, by A1111's names.
    """
    routes = APIRouter(prefix="/sdapi/v1", tags=["A1111: lists"])
    routes.add_api_route("/samplers", labels.samplers, summary="Samplers")
    routes.add_api_route("/schedulers", labels.schedules, summary="Schedules")
    routes.add_api_route("/latent-upscale-modes", _latent_upscalers, summary="Latent upscalers")
    routes.add_api_route("/scripts", _scripts, summary="Scripts by title")
    routes.add_api_route("/script-info", _script_info, summary="Scripts and their arguments")
    for name in _EMPTY:
        routes.add_api_route(f"/{name}", _nothing, summary="A list with nothing in it")
    for name in _REFRESHES:
        routes.add_api_route(f"/{name}", _done, methods=["POST"], summary="Nothing to do")
    _of_worker(routes, studio)

    @routes.get("/sd-models", summary="Models")
    def sd_models() -> list[dict[str, Any]]:
        return models.listing(studio)

    @routes.get("/prompt-styles", summary="Styles")
    def prompt_styles() -> list[dict[str, str]]:
        return [
            {"name": style.name, "prompt": style.prompt, "negative_prompt": style.negative}
            for style in studio.styles.all()
        ]

    @routes.get("/cmd-flags", summary="The flags of the command line")
    def cmd_flags() -> dict[str, Any]:
        unset = {
            name.removeprefix("--").replace("-", "_"): None if flag.values else False
            for name, flag in FLAGS.items()
        }
        return unset | {name: value for name, value in flags.items() if "auth" not in name}

    return routes


def _of_worker(routes: APIRouter, studio: Studio) -> None:
    """Add the calls about what the worker holds."""

    @routes.post("/unload-checkpoint", summary="Let go of all models, after the current job")
    def unload() -> dict[str, Any]:
        studio.worker.unload()
        return {}

    @routes.post("/reload-checkpoint", summary="Load the current model, after the current job")
    def reload() -> dict[str, Any]:
        studio.worker.load(models.chosen(studio).name)
        return {}

    @routes.get("/memory", summary="Memory there is, in bytes")
    def memory() -> dict[str, Any]:
        return {"ram": _ram(), "cuda": _cuda(studio)}


async def _nothing() -> list[dict[str, Any]]:
    return []


async def _done() -> None:
    """Answer null: what is on the disk is looked at when it is asked for."""


async def _latent_upscalers() -> list[dict[str, str]]:
    return [{"name": name} for name in labels.LATENT_UPSCALERS]


async def _scripts() -> dict[str, list[str]]:
    names = [*_FORMS, controlnet.NAME]
    return {
        "txt2img": [*names, *scripts.titles(on_pictures=False)],
        "img2img": [*names, scripts.SOFT, *scripts.titles(on_pictures=True)],
    }


async def _script_info() -> list[dict[str, Any]]:
    known = {field.name: field for field in fields(ImageRequest)}
    return [
        {
            "name": name,
            "is_alwayson": True,
            "is_img2img": for_pictures,
            "args": [_argument(known[field], label) for field, label in form.items()],
        }
        for for_pictures in (False, True)
        for name, form in _FORMS.items()
    ]


def _argument(field: Field, label: str) -> dict[str, Any]:
    """Return what a script's list of arguments says of one of our fields."""
    shown = labels.shown(field.name, field.default)
    return {
        "label": label,
        "value": shown,
        "minimum": field.least,
        "maximum": field.most,
        "step": field.step or (1 if field.kind is int else None),
        "choices": [labels.shown(field.name, choice) for choice in field.choices] or None,
    }


def _ram() -> dict[str, Any]:
    try:
        page = os.sysconf("SC_PAGE_SIZE")
        total, free = (page * os.sysconf(f"SC_{name}PAGES") for name in ("PHYS_", "AVPHYS_"))
    except (AttributeError, ValueError, OSError):  # not every system tells
        return {"error": "not known on this system"}
    return {"free": free, "used": total - free, "total": total}


def _cuda(studio: Studio) -> dict[str, Any]:
    """Return the memory of the graphics card, which the worker has."""
    known: Mapping[str, int] = {}
    with suppress(WorkError):
        known = studio.worker.memory()
    if not known:
        return {"error": "unavailable"}
    free, total = known["free"], known["total"]
    system = {"free": free, "used": total - free, "total": total}
    return {"system": system, "allocated": {"current": known["allocated"]}}
