"""A job as a value."""

from collections.abc import Callable

import pytest

from underpaint.requests.image import ImageRequest
from underpaint.studio.jobs import Job, State


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_job_that_has_not_ended_is_not_over(
    asked: Callable[..., ImageRequest], state: State
) -> None:
    assert not Job(id="1", kind="image", state=state, request=asked()).over


@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
def test_a_job_that_has_ended_is(asked: Callable[..., ImageRequest], state: State) -> None:
    assert Job(id="1", kind="image", state=state, request=asked(), ended=1.0).over
