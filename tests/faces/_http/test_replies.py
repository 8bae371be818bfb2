"""Faults as statuses and sentences."""

import json

import pytest
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.testclient import TestClient

from underpaint import errors
from underpaint.faces._http import replies


def raising(error: Exception) -> TestClient:
    app = FastAPI()
    replies.add_to(app)

    @app.get("/")
    def fault() -> None:
        raise error

    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.RequestError("steps is 0"), 422),
        (errors.UnknownEntryError("samplers", "x", ()), 422),
        (errors.ModelNotFoundError("no x"), 404),
        (errors.NotFoundError("no x"), 404),
        (errors.ConflictError("twice"), 409),
        (errors.MediaError("torn"), 422),
        (errors.StorageError("full"), 507),
        (errors.CrashError("died"), 500),
        (errors.DeadlineError("late"), 504),
        (errors.OutOfMemoryError("much"), 503),
    ],
)
def test_each_of_our_errors_has_its_status(error: errors.UnderpaintError, status: int) -> None:
    answer = raising(error).get("/")
    assert answer.status_code == status == replies.status_of(error)
    assert answer.json() == {
        **{"error": type(error).__name__, "detail": str(error)},
        **{"body": "", "errors": str(error)},
    }


def test_a_full_queue_says_when_to_come_again() -> None:
    answer = raising(errors.QueueFullError("full", 12)).get("/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "12")
    assert raising(errors.QueueFullError("full", 0)).get("/").headers["Retry-After"] == "1"


def test_what_nobody_foresaw_is_not_shown() -> None:
    answer = raising(ValueError("a secret path")).get("/")
    assert answer.status_code == 500
    assert "secret" not in answer.text


def test_plain_errors_keep_their_headers() -> None:
    answer = raising(HTTPException(404, "Init image not found", {"X-A": "b"})).get("/")
    assert (answer.json()["detail"], answer.headers["X-A"]) == ("Init image not found", "b")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("OutOfMemoryError", errors.OutOfMemoryError),
        ("UnknownEntryError", errors.RequestError),
        ("ModelNotFoundError", errors.ModelNotFoundError),
        ("NoSuchError", errors.UnderpaintError),
        ("Sequence", errors.UnderpaintError),
        ("", errors.UnderpaintError),
    ],
)
def test_a_failed_job_tells_its_error(kind: str, expected: type[errors.UnderpaintError]) -> None:
    error = replies.of_job(kind, "why")
    assert (type(error), str(error)) == (expected, "why")


def test_complaints_become_one_sentence() -> None:
    complaint = {"loc": ("body", "a", 0), "msg": "Input should be\n  a number"}
    assert replies.sentence([complaint]) == "a.0: input should be a number"
    assert replies.sentence([{"loc": (), "msg": "Bad"}]) == "the request: bad"


def test_any_text_can_be_told() -> None:
    body = bytes(replies.failure(422, "E", "\ud800 \0 ü").body)
    assert json.loads(body)["detail"] == "\ud800 \0 ü"
