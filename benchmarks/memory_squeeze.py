"""What becomes of jobs as the worker's memory is squeezed, step by step; prints a table (R13).

    python benchmarks/memory_squeeze.py            # the model that comes with the package
    python benchmarks/memory_squeeze.py --small    # as in the tests

The worker has painted once. Then its address space is limited to what it has and a little more,
less at each squeeze, until it can paint no longer. Each time a job of the same request is done:

done        painted as if nothing were
one by one  painted, in smaller pieces, and the job says so
refused     failed with the sentence that there is not enough memory
crashed     the worker died of it, twice, and the job failed with that sentence
stuck       neither done nor failed in time: there must be none

Afterwards the limit is lifted, and one more job must be done as the first was.
"""

import argparse
import json
import resource
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from underpaint.requests.image import ImageRequest
from underpaint.studio.app import Settings, Studio
from underpaint.studio.jobs import Job

PATIENCE = 300.0
OUTCOMES = ("done", "one by one", "refused", "crashed", "stuck")

REQUEST = ImageRequest(steps=2, batch=4, seed=1, variation_seed=1)
SMALL = replace(REQUEST, model="tiny", width=512, height=512)


def squeezes(folder: Path, request: ImageRequest, *, steps: int, spare: int) -> Mapping[str, int]:
    """Return how many jobs came to which end, and how many pictures were others than at first.

    Args:
        folder: where the studio keeps its things.
        request: what is painted each time.
        steps: how often the memory is squeezed, 2 or more.
        spare: bytes above what the worker has, at the first squeeze; at the last there are none.
    """
    counts: dict[str, int] = dict.fromkeys((*OUTCOMES, "other pictures"), 0)
    settings = Settings(outputs=folder, models=(), engine="inline", threads=1, patience=60.0)
    with Studio(settings) as studio:
        first = _pictures(studio, _job(studio, request))
        for step in range(steps):
            with _limited(studio, spare * (steps - 1 - step) // (steps - 1)):
                job = _job(studio, request)
            counts[_outcome(job)] += 1
            counts["other pictures"] += job.state == "done" and _pictures(studio, job) != first
        last = _job(studio, request)
        counts["done afterwards"] = int(_pictures(studio, last) == first)
    return counts


@contextmanager
def _limited(studio: Studio, spare: int) -> Iterator[None]:
    """Let the worker have no more address space than it has and some bytes to spare."""
    pid = studio.health().worker
    assert pid is not None
    _, hard = resource.prlimit(pid, resource.RLIMIT_AS)
    resource.prlimit(pid, resource.RLIMIT_AS, (_held(pid) + spare, hard))
    try:
        yield
    finally:
        if studio.health().worker == pid:  # another one has no limit
            resource.prlimit(pid, resource.RLIMIT_AS, (hard, hard))


def _held(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def _job(studio: Studio, request: ImageRequest) -> Job:
    job = studio.wait(studio.submit(request).id, PATIENCE)
    studio.cancel(job.id)
    return job


def _outcome(job: Job) -> str:
    if job.state == "done":
        return "one by one" if job.notes else "done"
    if job.state != "failed":
        return "stuck"
    return "refused" if job.error_kind == "OutOfMemoryError" else "crashed"


def _pictures(studio: Studio, job: Job) -> list[bytes]:
    return [studio.gallery.image(id).pixels for id in job.pictures]


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="What becomes of jobs as memory is squeezed.")
    parser.add_argument("--small", action="store_true", help="as in the tests")
    small = parser.parse_args().small
    with tempfile.TemporaryDirectory() as place:
        request, steps = (SMALL, 4) if small else (REQUEST, 20)
        print(json.dumps(squeezes(Path(place), request, steps=steps, spare=2**30)))


if __name__ == "__main__":
    main()
