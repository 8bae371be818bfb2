"""How faults are told over HTTP: our errors become a status and one sentence, never a trace."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response

from underpaint import errors
from underpaint.errors import RequestError, UnderpaintError, UnknownEntryError

# The first that fits counts. What went wrong in the worker is ours, and 500.
STATUSES: tuple[tuple[type[UnderpaintError], int], ...] = (
    (errors.NotFoundError, 404),
    (errors.ModelNotFoundError, 404),
    (errors.ConflictError, 409),
    (errors.QueueFullError, 429),
    (errors.DeadlineError, 504),
    (errors.OutOfMemoryError, 503),
    (errors.WorkError, 500),
    (errors.StorageError, 507),
    (UnderpaintError, 422),
)
_SHOWN = 200


class Failure(BaseModel):
    """What is told of a fault, in the shape that A1111's clients read too."""

    error: str
    """The kind, one word."""

    detail: str
    """What is wrong, for people."""

    body: str
    errors: str


# For the description of every call.
RESPONSES: dict[int | str, dict[str, Any]] = {
    422: {"model": Failure, "description": "A value is not allowed"},
    "4XX": {"model": Failure, "description": "It cannot be done; the sentence says why"},
    "5XX": {"model": Failure, "description": "The studio could not do it"},
}


def failure(
    status: int, error: str, sentence: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Return the answer that tells of a fault: a `Failure`.

    Args:
        status: of HTTP, 400 or more.
        error: the kind, one word.
        sentence: what is wrong, for people.
        headers: to add.
    """
    body = json.dumps({"error": error, "detail": sentence, "body": "", "errors": sentence})
    return Response(body, status, media_type="application/json", headers=dict(headers or {}))


def add_to(app: FastAPI) -> None:
    """Have an app tell every fault this way."""
    app.add_exception_handler(UnderpaintError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(Exception, _unforeseen)


def of_job(kind: str, words: str) -> UnderpaintError:
    """Return the error that a failed job tells of.

    Args:
        kind: the name of its class; one that we do not know stands for a fault of the worker's.
        words: its sentence.
    """
    found = getattr(errors, kind, UnderpaintError)
    if not (isinstance(found, type) and issubclass(found, UnderpaintError)):
        found = UnderpaintError
    return (RequestError if issubclass(found, UnknownEntryError) else found)(words)


def status_of(error: UnderpaintError) -> int:
    """Return the status that tells of an error of ours."""
    return next(status for kind, status in STATUSES if isinstance(error, kind))


def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, UnderpaintError)
    wait = getattr(error, "retry_after", None)
    if wait is not None:
        return failure(
            429, type(error).__name__, str(error), {"Retry-After": str(max(1, round(wait)))}
        )
    return failure(status_of(error), type(error).__name__, str(error))


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return failure(422, "ValidationError", sentence(error.errors()))


def _plain(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return failure(error.status_code, "HTTPException", str(error.detail), error.headers)


def _unforeseen(request: Request, error: Exception) -> Response:
    return failure(500, type(error).__name__, "a fault in the studio; its log has the trace")


def sentence(complaints: Sequence[Mapping[str, Any]]) -> str:
    """Return the first of pydantic's complaints as a sentence: the field, and what is wrong."""
    first = complaints[0]
    place = [str(part) for part in first.get("loc", ()) if part not in ("body", "query", "path")]
    words = " ".join(str(first.get("msg", "not valid")).split())
    name = ".".join(place)[:_SHOWN] or "the request"
    return f"{name}: {words[:1].lower()}{words[1:_SHOWN]}"
