"""Files that A1111's clients choose among besides models: adapters, embeddings, upscalers, ...

What stands in them is the worker's to say; where it does not answer, as while it gets ready, the
files are listed without it.
"""

from contextlib import suppress
from typing import Any

from fastapi import APIRouter

from underpaint.errors import WorkError
from underpaint.faces.a1111 import models
from underpaint.studio.app import Studio
from underpaint.studio.questions import Embedding
from underpaint.weights import upscalers
from underpaint.weights.shelf import Book

__all__ = ["router"]

BUILT_IN = ("None", "Lanczos", "Nearest")
TRAINERS_NAME = "ss_output_name"


def router(studio: Studio) -> APIRouter:
    """Return the lists.

    Args:
        studio: what has the files.
    """
    routes = APIRouter(prefix="/sdapi/v1", tags=["A1111: lists"])

    @routes.get("/loras", summary="Adapters")
    def loras() -> list[dict[str, Any]]:
        remarks: dict[str, Any] = {}
        with suppress(WorkError):
            remarks |= studio.worker.remarks("loras")
        return [_lora(book, remarks.get(book.name, {})) for book in studio.books("loras")]

    @routes.get("/embeddings", summary="Embeddings that the current model reads, and others")
    def embeddings() -> dict[str, dict[str, Any]]:
        known: dict[str, Embedding] = {}
        card = models.current(studio)
        with suppress(WorkError):
            known |= studio.worker.embeddings("" if card is None else card.name)
        shown = {name: _embedding(each) for name, each in known.items()}
        return {
            "loaded": {name: shown[name] for name, each in known.items() if each.fits},
            "skipped": {name: shown[name] for name, each in known.items() if not each.fits},
        }

    @routes.get("/sd-vae", summary="Autoencoders")
    def autoencoders() -> list[dict[str, str]]:
        books = studio.books("vaes")
        return [{"model_name": book.file, "filename": str(book.path)} for book in books]

    @routes.get("/upscalers", summary="Upscalers, none first")
    def upscaling() -> list[dict[str, Any]]:
        about = {"model_name": None, "model_path": None, "model_url": None, "scale": 4.0}
        built_in = [{"name": name, **about} for name in BUILT_IN]
        return built_in + [_upscaler(book) for book in studio.books("upscalers")]

    @routes.get("/realesrgan-models", summary="Upscalers in the folder RealESRGAN")
    def realesrgan_models() -> list[dict[str, Any]]:
        found = [
            book for book in studio.books("upscalers") if book.path.parent.name == "RealESRGAN"
        ]
        return [
            {"name": told["name"], "path": told["model_path"], "scale": int(told["scale"])}
            for told in map(_upscaler, found)
        ]

    return routes


def _upscaler(book: Book) -> dict[str, Any]:
    return {
        "name": upscalers.label(book),
        "model_name": book.file,
        "model_path": str(book.path),
        "model_url": None,
        "scale": upscalers.said(book),
    }


def _lora(book: Book, remarks: dict[str, str]) -> dict[str, Any]:
    """Return what is told of an adapter; its alias is what its trainer called it."""
    name = book.path.stem
    alias = remarks.get(TRAINERS_NAME) or name
    return {"name": name, "alias": alias, "path": str(book.path), "metadata": remarks}


def _embedding(known: Embedding) -> dict[str, Any]:
    step = known.remarks.get("step", "")
    vectors, width = known.sizes[-1] if known.sizes else (0, 0)
    return {
        "step": int(step) if step.isdecimal() else None,
        "sd_checkpoint": known.remarks.get("sd_checkpoint"),
        "sd_checkpoint_name": known.remarks.get("sd_checkpoint_name"),
        "shape": width,
        "vectors": vectors,
    }
