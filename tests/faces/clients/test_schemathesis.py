"""Requests made up from our own description: each is answered as it says, and none by a fault.

UNDERPAINT_EXAMPLES is how many are made up for each call. Left out is the stream of events, which
has no end.
"""

import os
from collections.abc import Iterator

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from underpaint.faces._http.meter import Meter
from underpaint.faces._http.server import app
from underpaint.studio.app import Studio

EXAMPLES = int(os.environ.get("UNDERPAINT_EXAMPLES", "4"))
CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]


def operations(studio: Studio) -> Iterator[schemathesis.APIOperation]:
    described = schemathesis.openapi.from_asgi("/openapi.json", app(studio, Meter(), {}))
    for found in described.exclude(path="/v1/events").get_all_operations():
        yield found.ok()  # pyright: ignore[reportAttributeAccessIssue]


def bounded(case: schemathesis.Case) -> bool:
    """Return whether a call would not paint for minutes."""
    body = case.body if isinstance(case.body, dict) else {}
    return all(str(body.get(name, 1)) in ("None", "1", "2") for name in ("n_iter", "n"))


def tried(operation: schemathesis.APIOperation) -> tuple[int, str]:
    """Return how many requests were made up for a call, and what was wrong with an answer."""
    sent = 0

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=[*HealthCheck],  # pyright: ignore[reportArgumentType]
    )
    @given(operation.as_strategy().filter(bounded))
    def called(case: schemathesis.Case) -> None:
        nonlocal sent
        sent += 1
        case.call_and_validate(checks=CHECKS, timeout=120)

    try:
        called()
    except Exception as error:  # noqa: BLE001  all of them are to be seen at once
        every = error.exceptions if isinstance(error, ExceptionGroup) else (error,)
        return sent, "\n".join(str(each)[:1500] for each in every)
    return sent, ""


def test_every_call_is_answered_as_described(studio: Studio) -> None:
    outcomes = {operation.label: tried(operation) for operation in operations(studio)}
    wrong = {label: words for label, (_, words) in outcomes.items() if words}
    print(f"{sum(sent for sent, _ in outcomes.values())} requests")  # noqa: T201
    assert not wrong, "\n\n".join(f"{label}: {words}" for label, words in wrong.items())
    assert len(outcomes) > 60
