"""What our API shows of jobs, pictures and notices: JSON with a schema, and no path in it."""

import base64
import json
from typing import Annotated, Any, Self

from fastapi import Path
from pydantic import BaseModel, Field

from underpaint import events
from underpaint.requests._pictures import PictureRequest
from underpaint.studio._feed import Notice
from underpaint.studio.gallery import Picture
from underpaint.studio.jobs import Job

Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="An opaque id.")]
IdText = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="An opaque id.")]


class ProgressView(BaseModel):
    """How far a job is."""

    step: int
    steps: int
    stage: str = ""
    preview: str | None = None
    """A small JPEG as a data URI; only in events."""

    @classmethod
    def of(cls, progress: events.Progress, *, preview: bool = False) -> Self:
        """Return what is shown of a job's progress, with its preview if that is asked for."""
        picture = progress.preview if preview else None
        shown = None
        if picture is not None:
            jpeg = base64.b64encode(picture.jpeg(75)).decode()
            shown = f"data:image/jpeg;base64,{jpeg}"
        return cls(step=progress.step, steps=progress.steps, stage=progress.stage, preview=shown)


class JobView(BaseModel):
    """A job."""

    id: str
    kind: str
    state: str
    """queued, running, done, failed or cancelled."""

    request: dict[str, Any]
    """What was asked for, seeds drawn; pictures are in `inputs`."""

    inputs: dict[str, str]
    """The pictures it starts from, by field, as ids of the gallery."""

    client: str
    priority: int
    position: int | None
    """How many jobs go first; null unless it waits."""

    attempt: int
    sequence: int
    """Of the newest event about it."""

    created: float
    started: float | None
    ended: float | None
    deadline: float | None
    pictures: list[str]
    """What it painted, as ids of the gallery, in the order of the batch."""

    notes: list[str]
    error: str | None
    error_kind: str | None
    parent: str | None
    progress: ProgressView | None

    @classmethod
    def of(cls, job: Job) -> Self:
        """Return what is shown of a job."""
        return cls(
            id=job.id,
            kind=job.kind,
            state=job.state,
            request=of_request(job.request),
            inputs=dict(job.inputs),
            client=job.client,
            priority=job.priority,
            position=job.position,
            attempt=job.attempt,
            sequence=job.sequence,
            created=job.created,
            started=job.started,
            ended=job.ended,
            deadline=job.deadline,
            pictures=list(job.pictures),
            notes=list(job.notes),
            error=job.error or None,
            error_kind=job.error_kind or None,
            parent=job.parent or None,
            progress=None if job.progress is None else ProgressView.of(job.progress),
        )


class PictureView(BaseModel):
    """A picture of the gallery."""

    number: int
    """Its place in the order of time: `before` takes it."""

    id: str
    kind: str
    """picture or sketch."""

    job: str | None
    index: int | None
    request: dict[str, Any] | None
    inputs: dict[str, str]
    parent: str | None
    width: int
    height: int
    bytes: int
    created: float
    starred: bool
    deleted: float | None
    tags: list[str]
    text: str
    """The text inside it, in A1111's layout."""

    @classmethod
    def of(cls, picture: Picture) -> Self:
        """Return what is shown of a picture."""
        return cls(
            number=picture.number,
            id=picture.id,
            kind=picture.kind,
            job=picture.job or None,
            index=picture.index,
            request=None if picture.request is None else of_request(picture.request),
            inputs=dict(picture.inputs),
            parent=picture.parent or None,
            width=picture.width,
            height=picture.height,
            bytes=picture.bytes,
            created=picture.created,
            starred=bool(picture.starred),
            deleted=picture.deleted,
            tags=sorted(picture.tags),
            text=picture.text,
        )


class NoticeView(BaseModel):
    """Something that happened."""

    sequence: int
    """Rises by every event; 0 for progress, which is not kept."""

    job: str
    what: str
    """queued, moved, running, picture, done, failed, cancelled or progress."""

    at: float
    picture: str | None
    progress: ProgressView | None

    @classmethod
    def of(cls, notice: Notice) -> Self:
        """Return what is shown of a notice, previews with it."""
        now = notice.progress
        return cls(
            sequence=notice.sequence,
            job=notice.job,
            what=notice.what,
            at=notice.at,
            picture=notice.picture or None,
            progress=None if now is None else ProgressView.of(now, preview=True),
        )


def of_request(request: PictureRequest) -> dict[str, Any]:
    """Return a request as JSON has it."""
    return json.loads(request.to_json())
