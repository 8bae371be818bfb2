"""What runs, how far it is, how to stop it; and the options."""

import base64
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from underpaint.errors import RequestError
from underpaint.faces.a1111 import models, options, pictures
from underpaint.faces.a1111.calls import Call, Desk
from underpaint.faces.a1111.options import CHECKPOINT
from underpaint.studio.app import Studio
from underpaint.studio.jobs import Job
from underpaint.weights import shelf

__all__ = ["router"]

_LOG = logging.getLogger(__name__)


class Task(BaseModel):
    """Which call is asked about."""

    id_task: str | None = None
    """The call's `force_task_id`."""

    id_live_preview: int = -1
    """The preview that the caller has."""

    live_preview: bool = True
    """Whether a preview is wanted."""


def router(desk: Desk) -> APIRouter:
    """Return the calls that ask and steer.

    Args:
        desk: where calls are handed in.
    """
    studio = desk.studio
    routes = APIRouter(prefix="/sdapi/v1", tags=["A1111: state"])

    @routes.get("/progress", summary="How far the current call is")
    def progress(skip_current_image: bool = False, id_task: str = "") -> dict[str, Any]:
        shown = not skip_current_image and _previews(studio)
        return _progress(studio, desk.first(id_task) or studio.current(), shown)

    @routes.post("/interrupt", summary="Stop the current call; what is finished is kept")
    def interrupt(id_task: str = "") -> dict[str, Any]:
        job = desk.first(id_task)
        if job is not None:
            desk.stop(Call.of(job).id)
        return {}

    @routes.post("/skip", summary="Stop the current round of the current call")
    def skip(id_task: str = "") -> None:
        job = desk.first(id_task)
        if job is not None:
            studio.cancel(job.id)

    @routes.get("/options", summary="All options")
    def read_options() -> dict[str, Any]:
        return all_options(studio)

    @routes.post("/options", summary="Change some options; all of them at once is fine")
    def change_options(changes: dict[str, Any]) -> None:
        change(studio, changes)

    return routes


def internal(desk: Desk) -> APIRouter:
    """Return the calls without version that A1111's own page makes.

    Args:
        desk: where calls are handed in.
    """
    routes = APIRouter(prefix="/internal", tags=["A1111: page"])

    @routes.post("/progress", summary="How far a call is, by the caller's own name for it")
    def progress(task: Task) -> dict[str, Any]:
        return _of_task(desk, task)

    @routes.get("/pending-tasks", summary="The calls that wait")
    def pending() -> dict[str, Any]:
        tasks = [Call.of(job) for job in desk.waiting()]
        names = list(dict.fromkeys(call.task or call.id for call in tasks))
        return {"size": len(names), "tasks": names}

    @routes.get("/ping", summary="An answer")
    def ping() -> dict[str, Any]:
        return {}

    @routes.get("/quicksettings-hint", summary="The options by their labels")
    def hints() -> list[dict[str, str]]:
        return [{"name": name, "label": name} for name in options.OPTIONS]

    @routes.get("/sysinfo", summary="How the studio is")
    def sysinfo() -> dict[str, Any]:
        return asdict(desk.studio.health())

    return routes


def all_options(studio: Studio) -> dict[str, Any]:
    """Return every option as `/options` gives it: the model by its title."""
    values = options.with_overrides(options.known(studio.preferences.all()), None)
    card = models.current(studio)
    return values | {CHECKPOINT: card.title if card else None}


def change(studio: Studio, changes: Mapping[str, Any]) -> None:
    """Change options.

    Raises:
        RequestError: a value is outside what is allowed.
        ModelNotFoundError: there is no such model.
    """
    values = options.checked(changes)
    if values.get(CHECKPOINT):
        values[CHECKPOINT] = models.named(studio, values[CHECKPOINT]).name
    if values.get("sd_vae", "Automatic") not in ("Automatic", "None"):
        shelf.find_in(studio.books("vaes"), values["sd_vae"], "vaes")
    if len(json.dumps(values)) > 2**16:
        raise RequestError("the options are larger than 64 KiB, the most there is")
    before = all_options(studio)
    studio.preferences.change(values)
    for words in options.idle({n: value for n, value in values.items() if value != before[n]}):
        _LOG.warning("%s", words)


def _progress(studio: Studio, job: Job | None, with_picture: bool) -> dict[str, Any]:
    """Return what `/progress` says of a job; of none, that nothing runs."""
    if job is None:
        return {
            "progress": 0.0,
            "eta_relative": 0.0,
            "state": _state(None),
            "current_image": None,
        } | {"textinfo": None}
    share, now = _share(job), job.progress
    image = None
    if with_picture and now is not None and now.preview is not None:
        image = base64.b64encode(now.preview.png()).decode()
    waits = "In queue" if job.state == "queued" else None
    return {
        "progress": share,
        "eta_relative": _seconds_left(job),
        "state": _state(job),
        "current_image": image,
        "textinfo": waits,
    }


def _previews(studio: Studio) -> bool:
    """Whether the options let pictures be seen while they are painted."""
    return bool(studio.preferences.all().get("live_previews_enable", True))


def _state(job: Job | None) -> dict[str, Any]:
    call = Call("", "", 0, 0) if job is None else Call.of(job)
    now = None if job is None else job.progress
    at = time.localtime(job.created if job else 0)
    return {
        "skipped": False,
        "interrupted": False,
        "stopping_generation": False,
        "job": call.task or call.id,
        "job_count": call.rounds,
        "job_timestamp": time.strftime("%Y%m%d%H%M%S", at) if job else "0",
        "job_no": call.number,
        "sampling_step": now.step if now else 0,
        "sampling_steps": now.steps if now else 0,
    }


def _share(job: Job) -> float:
    """Return how much of a job's call is done, 0.01 to 1, as A1111 reckons it."""
    call, now = Call.of(job), job.progress
    part = now.step / max(1, now.steps) if now else 0.0
    return min(1.0, 0.01 + (call.number + part) / call.rounds)


def _seconds_left(job: Job) -> float:
    if job.started is None:
        return 0.0
    share = _share(job) - 0.01 - Call.of(job).number / Call.of(job).rounds
    done = share * Call.of(job).rounds
    took = max(0.0, time.time() - job.started)
    return round(took / done * (1 - done), 2) if done > 0 else 0.0


def _of_task(desk: Desk, task: Task) -> dict[str, Any]:
    """Return what `/internal/progress` says of a call."""
    job = desk.first(task.id_task) if task.id_task else None
    running = job is not None and job.state == "running"
    answer: dict[str, Any] = {
        "active": running,
        "queued": job is not None and not running,
        "completed": job is None and bool(task.id_task) and desk.known(task.id_task),
        "progress": None,
        "eta": None,
        "live_preview": None,
        "id_live_preview": task.id_live_preview,
        "textinfo": None if running else "Waiting...",
    }
    if job is None or not running:
        return answer
    now = job.progress
    answer |= {"progress": _share(job), "eta": _seconds_left(job)}
    fresh = now is not None and now.preview is not None and now.step != task.id_live_preview
    wanted = task.live_preview and _previews(desk.studio)
    if wanted and fresh and now is not None and now.preview is not None:
        answer |= {"live_preview": pictures.data_uri(now.preview), "id_live_preview": now.step}
    return answer
