"""Whether the studio keeps its promises when all goes wrong at once; prints a table of figures.

    python benchmarks/studio_storm.py                  # as in a release
    python benchmarks/studio_storm.py --small          # as in the tests

storm     many clients, a fifth of their jobs given up, the worker killed now and then (R1)
kills     the whole studio killed while it works, and started again (R2)
cancels   from "give it up" to a worker that has begun the next job (R10)
starts    from the start of Python to a studio that takes jobs (R20)
memory    of the worker, from one picture and from one model to the next (R9)
"""

import argparse
import hashlib
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from underpaint.errors import QueueFullError
from underpaint.media import Image
from underpaint.requests.image import ImageRequest
from underpaint.studio.app import Settings, Studio

Figures = Mapping[str, object]

REQUEST = ImageRequest(model="tiny", steps=4, width=64, height=64, batch=1, variation_seed=0)
ROOT = Path(__file__).parents[1]


def settings(folder: Path, **others: object) -> Settings:
    """Return settings for a studio in a folder, with a stub for its engine."""
    values = {"outputs": folder, "models": (), "engine": "stub", "waiting": 10_000, "grace": 0.5}
    return Settings(**values | others)


def asked(number: int, prompt: str = "", steps: int = 4, batch: int = 1) -> ImageRequest:
    """Return a request that is like no other."""
    return replace(REQUEST, prompt=f"{prompt} {number}", seed=number, steps=steps, batch=batch)


def storm(folder: Path, *, jobs: int, clients: int = 16, kills: int = 3) -> Figures:
    """Return what became of many jobs while the worker was killed and some were given up.

    Args:
        folder: where the studio keeps its things.
        jobs: how many, from all clients together.
        clients: threads that submit, each with a name of its own.
        kills: how often the worker is killed, spread over the work.
    """
    chance, given_up, log, lock = random.Random(1), set[str](), dict[str, int](), threading.Lock()
    doomed = set(chance.sample(range(jobs), jobs // 5))
    with Studio(settings(folder, waiting_a_client=10_000)) as studio:

        def client(name: int) -> None:
            for number in range(name, jobs, clients):
                job = studio.submit(asked(number, "!slow=0.005"), client=str(name))
                with lock:
                    log[job.id] = number
                if number in doomed:
                    time.sleep(chance.random() * 0.05)
                    if studio.cancel(job.id).state == "cancelled":
                        with lock:
                            given_up.add(job.id)

        threads = [threading.Thread(target=client, args=(name,)) for name in range(clients)]
        start = time.monotonic()
        for thread in threads:
            thread.start()
        killed = _kill_workers(studio, jobs, kills)
        for thread in threads:
            thread.join()
        states = {id: studio.wait(id, 120).state for id in log}
        seconds = time.monotonic() - start
        pictures = studio.gallery.listing(limit=-1)
    counted = Counter(states.values())
    per_job = Counter(picture.job for picture in pictures)
    wrong = [p for p in pictures if p.request is None or p.request.seed != log.get(p.job)]  # pyright: ignore[reportAttributeAccessIssue]
    return {
        "jobs": jobs,
        "worker kills": killed,
        "done": counted["done"],
        "cancelled": counted["cancelled"],
        "failed": counted["failed"],
        "lost": sum(state == "done" and not per_job[id] for id, state in states.items()),
        "twice": sum(count > 1 for count in per_job.values()),
        "stuck": counted["queued"] + counted["running"],
        "undone although given up": sum(states[id] != "cancelled" for id in given_up),
        "wrong pictures": len(wrong),
        "files": len([*folder.glob("2*/*.png")]),
        "pictures": len(pictures),
        "jobs a second": round(jobs / seconds, 1),
    }


def _kill_workers(studio: Studio, jobs: int, kills: int) -> int:
    """Kill the worker each time a further share of the jobs is over; returns how often."""
    killed, until = 0, time.monotonic() + 120
    while killed < kills and time.monotonic() < until:
        counts, worker = studio.health().jobs, studio.health().worker
        over = counts["done"] + counts["cancelled"] + counts["failed"]
        if worker and over >= jobs * (killed + 1) / (kills + 2):
            os.kill(worker, signal.SIGKILL)
            killed += 1
        time.sleep(0.005)
    return killed


SERVER = """
import sys, time
from pathlib import Path
from benchmarks import studio_storm
from underpaint.studio.app import Studio
first = int(sys.argv[2])
with Studio(studio_storm.settings(Path(sys.argv[1]))) as studio:
    print("ready", flush=True)
    for number in range(first, first + 100_000):
        job = studio.submit(studio_storm.asked(number, "!slow=0.002", batch=2))
        print(job.id, flush=True)
        time.sleep(0.02)
"""


def kills(folder: Path, *, times: int) -> Figures:
    """Return what was left after the whole studio was killed again and again.

    Args:
        folder: where the studio keeps its things.
        times: how often, each after a random time below two seconds.
    """
    chance, known, ready = random.Random(2), set[str](), list[float]()
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])}
    for number in range(times):
        start = time.monotonic()
        command = [sys.executable, "-c", SERVER, str(folder), str(number * 100_000)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=environment
        ) as server:
            assert server.stdout is not None
            assert server.stdout.readline() == "ready\n"
            ready.append(time.monotonic() - start)
            threading.Timer(chance.random() * 2, server.kill).start()
            known |= {line.strip() for line in server.stdout if line.endswith("\n")}

    start = time.monotonic()
    with Studio(settings(folder)) as studio:
        ready.append(time.monotonic() - start)
        states = Counter(studio.wait(id, 300).state for id in known)
        pictures = studio.gallery.listing(limit=-1)
        jobs = {id: studio.job(id) for id in known}
        [check] = studio._database.rows("PRAGMA integrity_check")
    damaged = sum(not _is_whole(path) for path in folder.glob("2*/*.png"))
    twice = Counter((picture.job, picture.index) for picture in pictures)
    return {
        "kills": times,
        "jobs that were promised": len(known),
        "done": states["done"],
        "lost": len(known) - sum(states.values()),
        "not done": len(known) - states["done"],
        "without all their pictures": sum(len(job.pictures) != 2 for job in jobs.values()),
        "pictures twice": sum(count > 1 for count in twice.values()),
        "damaged files": damaged,
        "leftovers": len([*folder.rglob("*.part")]),
        "database": check[0],
        "ready again, slowest, s": round(max(ready), 2),
    }


def _is_whole(path: Path) -> bool:
    try:
        return bool(Image.read(path).pixels)
    except Exception:  # noqa: BLE001  whatever it is, it is damaged
        return False


def cancels(folder: Path, *, times: int, engine: str = "inline") -> Figures:
    """Return how long it takes until a job that is given up is out of the next one's way.

    Args:
        folder: where the studio keeps its things.
        times: how often, each at a random moment of the work.
        engine: what works.
    """
    chance, waits = random.Random(3), list[float]()
    with Studio(settings(folder, engine=engine, grace=10, threads=1)) as studio:
        warm = studio.wait(studio.submit(asked(0)).id, 300)
        assert warm.state == "done", warm.error
        for number in range(times):
            job = studio.submit(asked(number + 1, steps=150, batch=4))
            following = studio.submit(asked(10_000 + number, steps=1))
            time.sleep(chance.random() * 0.5)
            start = time.monotonic()
            studio.cancel(job.id)
            while studio.job(following.id).state == "queued":
                time.sleep(0.001)
            waits.append(time.monotonic() - start)
            studio.wait(following.id, 60)
    waits.sort()
    return {
        "times": times,
        "median, s": round(statistics.median(waits), 3),
        "95 %, s": round(waits[int(0.95 * (len(waits) - 1))], 3),
        "slowest, s": round(waits[-1], 3),
    }


STARTER = """
import sys
from pathlib import Path
from benchmarks import studio_storm
from underpaint.studio.app import Studio
with Studio(studio_storm.settings(Path(sys.argv[1]), engine="inline")) as studio:
    assert "torch" not in sys.modules
    studio.submit(studio_storm.asked(1))
    print("ready", flush=True)
    sys.stdin.readline()
    studio.cancel_all()
"""


def starts(folder: Path, *, times: int) -> Figures:
    """Return how long a studio takes to start and to stop, the start of Python counted in."""
    up, down = list[float](), list[float]()
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])}
    for number in range(times):
        start = time.monotonic()
        with subprocess.Popen(
            [sys.executable, "-c", STARTER, str(folder / str(number))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        ) as studio:
            assert studio.stdout is not None
            assert studio.stdout.readline() == "ready\n"
            up.append(time.monotonic() - start)
            start = time.monotonic()
            studio.communicate("stop\n")
            assert studio.returncode == 0
            down.append(time.monotonic() - start)
    return {
        "times": times,
        "up, fastest, s": round(min(up), 2),
        "up, slowest, s": round(max(up), 2),
        "down, slowest, s": round(max(down), 2),
    }


def memory(folder: Path, *, pictures: int, swaps: int, models: Sequence[Path] = ()) -> Figures:
    """Return by how much the worker grows from one picture, and from one model, to the next.

    Args:
        folder: where the studio keeps its things.
        pictures: how many to paint.
        swaps: how often to go from one model to another, with room for one.
        models: a folder with the models "one" and "two".
    """
    roomy = settings(folder, engine="inline", threads=1, models=models, memory=0.0)
    painted, swapped = list[float](), list[float]()
    with Studio(roomy) as studio:
        for number in range(pictures):
            studio.wait(studio.submit(asked(number, steps=1)).id, 120)
            painted.append(_megabytes(studio))
        for number in range(swaps):
            request = replace(asked(number, steps=1), model=("one", "two")[number % 2])
            done = studio.wait(studio.submit(request).id, 120)
            assert done.state == "done", done.error
            swapped.append(_megabytes(studio))
    return {
        "pictures": pictures,
        "MB a picture": round(_slope(painted[len(painted) // 4 :]), 4),
        "swaps": swaps,
        "MB a swap": round(_slope(swapped[len(swapped) // 4 :]), 3),
    }


def _megabytes(studio: Studio) -> float:
    worker = studio.health().worker
    for line in Path(f"/proc/{worker}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _slope(values: Sequence[float]) -> float:
    """Return the growth from one value to the next: the median of all pairs (Theil and Sen)."""
    pairs = [
        (later - earlier) / (j - i)
        for i, earlier in enumerate(values)
        for j, later in enumerate(values)
        if j > i
    ]
    return statistics.median(pairs) if pairs else 0.0


def bits(folder: Path) -> Figures:
    """Return how many of the ways to ask for the same pictures give other bits (R8)."""
    seen: dict[int, set[str]] = {}

    def look(studio: Studio, request: ImageRequest) -> None:
        job = studio.wait(studio.submit(request).id, 300)
        for id in job.pictures:
            picture = studio.gallery.picture(id)
            assert picture.request is not None
            digest = hashlib.sha256(studio.gallery.image(id).pixels).hexdigest()
            seen.setdefault(picture.request.seed, set()).add(digest)  # pyright: ignore[reportAttributeAccessIssue]

    real = settings(folder, engine="inline", threads=1)
    for _ in range(2):  # and again after a restart
        with Studio(real) as studio:
            for seed, batch in ((7, 1), (7, 4), (9, 2), (7, 1)):
                look(studio, replace(REQUEST, prompt="a fox", seed=seed, batch=batch))
    return {
        "pictures": len(seen),
        "with more than one look": sum(len(d) > 1 for d in seen.values()),
    }


def overflow(folder: Path, *, jobs: int, waiting: int) -> Figures:
    """Return how many are refused when more come than may wait, and how long asking takes (R11)."""
    refused, taken, times = 0, 0, list[float]()
    with Studio(settings(folder, waiting=waiting, waiting_a_client=waiting)) as studio:
        blocker = studio.submit(asked(0, "!slow=60"))
        while studio.progress(blocker.id) is None:
            time.sleep(0.01)
        for number in range(jobs):
            try:
                studio.submit(asked(number + 1))
                taken += 1
            except QueueFullError:
                refused += 1
            start = time.monotonic()
            studio.health()
            times.append(time.monotonic() - start)
        studio.cancel_all()
    times.sort()
    return {
        "asked": jobs,
        "taken": taken,
        "refused": refused,
        "health, 99 %, ms": round(1000 * times[int(0.99 * (len(times) - 1))], 2),
    }


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="Whether the studio keeps its promises.")
    parser.add_argument("--small", action="store_true", help="as in the tests")
    small = parser.parse_args().small
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        for name, figures in (
            ("storm", lambda: storm(root / "storm", jobs=60 if small else 500)),
            ("kills", lambda: kills(root / "kills", times=3 if small else 10)),
            ("cancels", lambda: cancels(root / "cancels", times=5 if small else 40)),
            ("starts", lambda: starts(root / "starts", times=1 if small else 5)),
            ("bits", lambda: bits(root / "bits")),
            ("overflow", lambda: overflow(root / "overflow", jobs=300, waiting=200)),
        ):
            print(name, json.dumps(figures()), flush=True)


if __name__ == "__main__":
    main()
