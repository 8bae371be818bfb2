"""`/v1/jobs`: ask for work, look at it, stop it, put it first."""

import base64
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, Field

from underpaint.errors import RequestError
from underpaint.faces.api import kinds
from underpaint.faces.api.views import Id, IdText, JobView
from underpaint.requests.image import ImageRequest
from underpaint.studio.app import Studio

__all__ = ["router"]

Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", max_length=256, description="The same key is the same job."),
]
Client = Annotated[
    str,
    Header(
        alias="X-Underpaint-Client", max_length=64, description="Whose job it is, for its limits."
    ),
]
State = Literal["queued", "running", "done", "failed", "cancelled"]


class JobOrder(BaseModel):
    """What to do."""

    kind: Annotated[str, Field(max_length=64)] = "image"
    """Which kind of work: one of `/v1/schemas`."""

    request: dict[str, Any]
    """What to make, as the kind's schema in `/v1/schemas` says."""

    inputs: Annotated[dict[str, IdText], Field(max_length=8)] = {}
    """Pictures of the gallery that stand in fields of the request: {"init": id}, or in fields of
    its parts: {"controls.0.picture": id}."""

    priority: Annotated[int, Field(ge=-100, le=100)] = 0
    """Higher goes first."""

    front: bool = False
    """Before all that wait."""

    deadline: Annotated[float, Field(gt=0, le=86400 * 7)] | None = None
    """Seconds from now after which it is no longer wanted."""

    styles: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=64)] = []
    """Styles for the prompts, by name, one after the other."""

    parent: IdText | None = None
    """The picture that it goes on from."""


class Place(BaseModel):
    """Where a job is to stand."""

    position: Annotated[int, Field(ge=0, le=10_000)] = 0
    """How many jobs go first; 0 is next."""


def router(studio: Studio) -> APIRouter:
    """Return the calls about jobs.

    Args:
        studio: what does the work.
    """
    routes = APIRouter(prefix="/v1/jobs", tags=["Jobs"])

    @routes.post("", status_code=201, summary="Ask for work")
    def submit(
        order: JobOrder, response: Response, key: Key = None, client: Client = "page"
    ) -> JobView:
        asked = requested(studio, order.kind, order.request, order.inputs)
        job = studio.submit(
            studio.styles.on(asked, order.styles),
            client=client,
            idempotency_key=key,
            priority=order.priority,
            front=order.front,
            deadline=order.deadline,
            parent=order.parent or order.inputs.get("init", ""),
        )
        response.headers["Location"] = f"/v1/jobs/{job.id}"
        return JobView.of(job)

    @routes.get("", summary="Jobs: those that wait, as they will run, then the newest")
    def listing(
        state: Annotated[list[State], Query(max_length=5)] = [],  # noqa: B006
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> list[JobView]:
        return [JobView.of(job) for job in studio.jobs(states=tuple(state), limit=limit)]

    @routes.get("/{id}", summary="A job")
    def job(id: Id) -> JobView:
        return JobView.of(studio.job(id))

    @routes.delete("/{id}", summary="Cancel a job; one that has ended stays as it was")
    def cancel(id: Id) -> JobView:
        return JobView.of(studio.cancel(id))

    @routes.put("/{id}/position", summary="Put a job elsewhere in the queue")
    def move(id: Id, place: Place) -> JobView:
        return JobView.of(studio.reorder(id, place.position))

    return routes


def requested(
    studio: Studio, kind: str, values: Mapping[str, Any], inputs: Mapping[str, str]
) -> ImageRequest:
    """Return the request that JSON asks for.

    Args:
        studio: what has the pictures.
        kind: of work.
        values: the request's fields.
        inputs: pictures of the gallery, by the field they stand in.

    Raises:
        RequestError: a value is not allowed.
        NotFoundError: there is no such picture.
    """
    twice = sorted(set(inputs) & set(values))
    if twice:
        raise RequestError(f"{twice[0]} is in request and in inputs; give it once")
    pictures = {field: _base64(studio, id) for field, id in inputs.items()}
    placed = _placed(values, pictures)
    try:
        text = json.dumps(placed, allow_nan=False)
    except (ValueError, RecursionError) as error:
        raise RequestError("the request holds a number that is none, or is too deep") from error
    return cast(ImageRequest, kinds.request_class(kind).from_json(text))


def _placed(values: Mapping[str, Any], pictures: Mapping[str, str]) -> dict[str, Any]:
    """Return values with pictures in them; "controls.0.picture" is one of a part of the request.

    Raises:
        RequestError: there is no such part.
    """
    placed = dict(values)
    for name, picture in pictures.items():
        first, *rest = name.split(".", 2)
        if not rest:
            placed[name] = picture
            continue
        parts: list[Any] = found if isinstance(found := placed.get(first), list) else []
        known = [str(place) for place in range(len(parts))]
        if len(rest) < 2 or rest[0] not in known or not isinstance(parts[int(rest[0])], dict):
            raise RequestError(f"{name} is in inputs; the request has no such part")
        at = int(rest[0])
        placed[first] = [*parts[:at], {**parts[at], rest[1]: picture}, *parts[at + 1 :]]
    return placed


def _base64(studio: Studio, id: str) -> str:
    return base64.b64encode(studio.gallery.file(id).read_bytes()).decode()
