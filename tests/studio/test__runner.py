"""The runner: whatever happens to a job, somebody is told, and the next one is done."""

import logging
import os
import signal
import time
from collections.abc import Callable

import pytest

from underpaint.requests.image import ImageRequest
from underpaint.studio.app import Settings, Studio

Ask = Callable[..., ImageRequest]


def when(claim: Callable[[], object], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not claim() and time.monotonic() < until:
        time.sleep(0.01)
    assert claim()


def test_a_job_that_kills_the_worker_twice_is_not_tried_again(studio: Studio, asked: Ask) -> None:
    poison, next_one = studio.submit(asked("!crash")), studio.submit(asked())
    failed = studio.wait(poison.id, 60)
    assert (failed.state, failed.error_kind, failed.attempt) == ("failed", "CrashError", 2)
    assert "died of this job 2 times" in failed.error
    assert studio.wait(next_one.id, 60).state == "done"


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no SIGKILL")
def test_after_a_kill_only_what_is_left_is_painted(studio: Studio, asked: Ask) -> None:
    job = studio.submit(asked("!slow=0.1", batch=3))
    when(lambda: len(studio.job(job.id).pictures) == 1)
    first = studio.gallery.picture(studio.job(job.id).pictures[0])
    worker = studio.health().worker
    assert worker is not None
    os.kill(worker, signal.SIGKILL)
    done = studio.wait(job.id, 60)
    assert (done.state, done.attempt, len(done.pictures)) == ("done", 2, 3)
    pictures = [studio.gallery.picture(id) for id in done.pictures]
    assert pictures[0] == first
    assert [each.request for each in pictures] == [
        asked("!slow=0.1", batch=3).alone(index) for index in range(3)
    ]


@pytest.mark.parametrize("deed", ["!hang", "!busy", "!block", "!slow=60"])
def test_a_cancelled_job_leaves_the_worker_free(studio: Studio, asked: Ask, deed: str) -> None:
    job = studio.submit(asked(deed))
    when(lambda: studio.progress(job.id))
    start = time.monotonic()
    assert studio.cancel(job.id).state == "cancelled"
    assert studio.wait(studio.submit(asked()).id, 60).state == "done"
    assert time.monotonic() - start < 15
    assert studio.job(job.id).pictures == ()


@pytest.mark.parametrize("deed", ["!hang", "!block"])
def test_a_deadline_holds_even_for_what_hangs(studio: Studio, asked: Ask, deed: str) -> None:
    job = studio.submit(asked(deed), deadline=1.5)
    failed = studio.wait(job.id, 60)
    assert (failed.state, failed.error_kind) == ("failed", "DeadlineError")
    assert failed.ended is not None
    assert failed.ended - failed.created < 1.5 + 12


def test_a_job_may_be_too_late_before_its_turn(studio: Studio, asked: Ask) -> None:
    running = studio.submit(asked("!slow=60"))
    when(lambda: studio.progress(running.id))
    late = studio.submit(asked(), deadline=0.2)
    assert studio.wait(late.id, 20).error_kind == "DeadlineError"
    assert studio.job(running.id).state == "running"
    later = studio.submit(asked(), deadline=0.2)
    time.sleep(0.3)
    studio.cancel(running.id)
    assert studio.wait(later.id, 20).error_kind == "DeadlineError"


def test_a_fault_of_ours_fails_one_job(
    studio: Studio, asked: Ask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as patch, caplog.at_level(logging.CRITICAL):
        patch.setattr(studio.gallery, "keep", lambda *_: 1 / 0)
        failed = studio.wait(studio.submit(asked()).id, 60)
    assert failed.state == "failed"
    assert failed.error == "ZeroDivisionError: division by zero (a fault of ours)"
    assert studio.wait(studio.submit(asked(seed=2)).id, 60).state == "done"


def test_a_full_disk_fails_one_job(
    studio: Studio, asked: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        failed = studio.wait(studio.submit(asked()).id, 60)
    assert (failed.state, failed.error_kind) == ("failed", "StorageError")
    assert "No space left on device" in failed.error
    assert studio.wait(studio.submit(asked(seed=2)).id, 60).state == "done"


def test_a_fault_in_the_queue_is_outlived(
    studio: Studio, asked: Ask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as patch, caplog.at_level(logging.CRITICAL):
        patch.setattr(studio._queue, "claim", lambda: 1 / 0)
        job = studio.submit(asked())
        assert not studio.wait(job.id, 0.5).over
    assert studio.wait(job.id, 30).state == "done"


def test_a_silent_worker_is_replaced(settings: Settings, asked: Ask) -> None:
    strict = Settings(**settings.model_dump() | {"patience": 2.0})
    with Studio(strict) as studio:
        failed = studio.wait(studio.submit(asked("!hang")).id, 60)
        assert "said nothing for" in failed.error
        assert studio.wait(studio.submit(asked()).id, 60).state == "done"
