"""What is told of a request that is a part of a larger work."""

from collections.abc import Generator

import numpy

from underpaint.errors import RequestError
from underpaint.events import Event, Failed, Finished, Progress, Started
from underpaint.media import Image
from underpaint.pipelines._relaying import relayed
from underpaint.requests.image import ImageRequest

DONE = Finished(Image.of(numpy.zeros((2, 2, 3), numpy.uint8)), 0, ImageRequest())


def heard(*events: Event) -> tuple[list[Event], Finished | None]:
    """Return what is yielded of events, and what comes of them."""
    results: list[Finished | None] = []

    def work() -> Generator[Event]:
        results.append((yield from relayed(iter(events), before=10, steps=20, total=50)))

    return list(work()), results[0]


def test_progress_counts_over_the_whole_work() -> None:
    told, picture = heard(Started("loading"), Progress(1, 4, "a"), Progress(4, 4), DONE)
    assert told == [Started("loading"), Progress(15, 50, "a"), Progress(30, 50)]
    assert picture is DONE


def test_a_failure_is_the_last_that_is_told() -> None:
    failed = Failed(RequestError("no"))
    told, picture = heard(Progress(1, 2), failed, Progress(2, 2), DONE)
    assert told == [Progress(20, 50), failed]
    assert picture is None
