"""The studio as a whole: what goes in comes out, however often it is stopped."""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from underpaint.errors import (
    ConflictError,
    ModelNotFoundError,
    NotFoundError,
    QueueFullError,
    RequestError,
    StorageError,
    UnknownEntryError,
)
from underpaint.media import Image
from underpaint.requests.image import ImageRequest
from underpaint.studio.app import Settings, Studio

Ask = Callable[..., ImageRequest]


def test_a_request_becomes_pictures(studio: Studio, asked: Ask) -> None:
    job = studio.submit(asked("a red fox", batch=3))
    done = studio.wait(job.id, 30)
    assert (done.state, len(done.pictures)) == ("done", 3)
    pictures = [studio.gallery.picture(id) for id in done.pictures]
    assert [picture.index for picture in pictures] == [0, 1, 2]
    assert pictures[2].request == asked("a red fox", batch=3).alone(2)
    assert "Seed: 3" in studio.gallery.image(done.pictures[2]).text


def test_seeds_are_drawn_and_told(studio: Studio, asked: Ask) -> None:
    request = replace(asked(), seed=-1, variation_seed=-1)
    first, second = studio.submit(request), studio.submit(request)
    assert 0 <= first.request.seed != second.request.seed  # pyright: ignore[reportAttributeAccessIssue]


def test_a_sketch_comes_back_with_the_request(studio: Studio, asked: Ask, sketch: Image) -> None:
    request = replace(asked(), init=sketch, mask=sketch.grey())
    job = studio.submit(request)
    assert studio.request(job.id) == request
    done = studio.wait(job.id, 30)
    assert job.request.init is None  # pyright: ignore[reportAttributeAccessIssue]
    picture = studio.gallery.picture(done.pictures[0])
    assert picture.parent == done.inputs["init"]
    assert studio.gallery.image(picture.parent).pixels == sketch.pixels


def test_what_cannot_be_done_is_refused_at_once(studio: Studio, asked: Ask) -> None:
    with pytest.raises(ModelNotFoundError, match="no 'nothing' in models"):
        studio.submit(replace(asked(), model="nothing"))
    with pytest.raises(RequestError, match="priority is 101"):
        studio.submit(asked(), priority=101)
    with pytest.raises(RequestError, match="idempotency_key has 0 letters"):
        studio.submit(asked(), idempotency_key="")
    with pytest.raises(RequestError, match="deadline is 0"):
        studio.submit(asked(), deadline=0)
    with pytest.raises(NotFoundError, match="no picture"):
        studio.submit(asked(), parent="nothing")
    assert studio.jobs() == ()


def test_a_job_that_fails_says_why_and_the_next_one_works(studio: Studio, asked: Ask) -> None:
    failed = studio.wait(studio.submit(asked("!fail")).id, 30)
    assert (failed.state, failed.error_kind) == ("failed", "RequestError")
    assert studio.wait(studio.submit(asked()).id, 30).state == "done"


def test_smaller_pieces_are_said_so(studio: Studio, asked: Ask) -> None:
    done = studio.wait(studio.submit(asked("!oom-once", batch=2)).id, 30)
    assert done.state == "done"
    assert done.notes == ("memory ran out; painting the pictures one by one",)


def test_progress_is_told_while_it_runs(studio: Studio, asked: Ask) -> None:
    job = studio.submit(asked("!slow=0.05", steps=10))
    heard = [notice for notice in _until(studio, job.id) if notice.what == "progress"]
    assert 2 <= len(heard) <= 11
    assert any(notice.progress and notice.progress.preview for notice in heard)
    assert studio.progress(job.id) is None


def test_news_goes_on_after_a_number(studio: Studio, asked: Ask) -> None:
    job = studio.submit(asked(batch=2))
    _until(studio, job.id)
    news = studio.events(0).take(0)
    assert [each.what for each in news] == ["queued", "running", "picture", "picture", "done"]
    later = studio.events(news[2].sequence).take(0)
    assert later == news[3:]


def _until(studio: Studio, id: str) -> list:
    heard = []
    for notice in studio.events(0):
        heard.append(notice)
        if notice.job == id and notice.what in ("done", "failed", "cancelled"):
            break
    return heard


def test_tasks_wait_for_jobs(studio: Studio, asked: Ask) -> None:
    async def both() -> list[str]:
        jobs = [studio.submit(asked(seed=seed)) for seed in range(10)]
        done = await asyncio.gather(*(studio.ended(job.id, 30) for job in jobs))
        return [job.state for job in done]

    assert asyncio.run(both()) == ["done"] * 10


def test_waiting_has_an_end(studio: Studio, asked: Ask) -> None:
    job = studio.submit(asked("!slow=5"))
    assert not studio.wait(job.id, 0.05).over
    assert not asyncio.run(studio.ended(job.id, 0.05)).over
    studio.cancel(job.id)
    assert studio.wait(job.id).state == "cancelled"


def test_order_can_be_changed_and_all_be_given_up(studio: Studio, asked: Ask) -> None:
    running = studio.submit(asked("!slow=20"), client="a")
    while studio.current() is None:
        time.sleep(0.01)
    one = studio.submit(asked("one"), client="a")
    two = studio.submit(asked("two"), client="b", front=True)
    assert [job.id for job in studio.jobs()] == [running.id, two.id, one.id]
    assert studio.reorder(one.id, 0).position == 0
    assert studio.job(two.id).position == 1
    assert studio.cancel_all("b") == 1
    assert studio.cancel_all() == 2
    assert studio.health().jobs["cancelled"] == 3


def test_a_key_makes_one_job_across_a_restart(settings: Settings, asked: Ask) -> None:
    request = replace(asked(), seed=-1)
    with Studio(settings) as studio:
        first = studio.submit(request, client="a", idempotency_key="k")
        assert studio.submit(request, client="a", idempotency_key="k").id == first.id
        done = studio.wait(first.id, 30)
    with Studio(settings) as studio:
        again = studio.submit(request, client="a", idempotency_key="k")
        assert (again.id, again.pictures) == (first.id, done.pictures)
        assert studio.find("a", "k") == again
        with pytest.raises(ConflictError):
            studio.submit(asked("a cat"), client="a", idempotency_key="k")


def test_jobs_wait_for_the_next_start(settings: Settings, asked: Ask) -> None:
    studio = Studio(settings)
    job = studio.submit(asked())
    studio.stop()
    with Studio(settings) as studio:
        assert studio.wait(job.id, 30).state == "done"


def test_what_runs_at_the_stop_runs_again(settings: Settings, asked: Ask) -> None:
    hasty = Settings(**settings.model_dump() | {"drain": 0.1})
    with Studio(hasty) as studio:
        job = studio.submit(asked("!slow=0.3", steps=4, batch=2))
        _when_running(studio, job.id)
        start = time.monotonic()
    assert time.monotonic() - start < hasty.drain + 20
    with Studio(hasty) as studio:
        assert studio.wait(job.id, 30).state == "done"
        assert studio.job(job.id).attempt == 2


def test_what_is_nearly_done_may_end(settings: Settings, asked: Ask) -> None:
    with Studio(settings) as studio:
        job = studio.submit(asked("!slow=0.1"))
        _when_running(studio, job.id)
    studio = Studio(settings)
    assert studio.job(job.id).state == "done"
    studio.stop()


def _when_running(studio: Studio, id: str) -> None:
    until = time.monotonic() + 20
    while studio.progress(id) is None and time.monotonic() < until:
        time.sleep(0.01)


def test_a_full_queue_refuses_and_goes_on(settings: Settings, asked: Ask) -> None:
    small = Settings(**settings.model_dump() | {"waiting": 2})
    with Studio(small) as studio:
        running = studio.submit(asked("!slow=20"))
        _when_running(studio, running.id)
        waiting = [studio.submit(asked()), studio.submit(asked())]
        with pytest.raises(QueueFullError) as full:
            studio.submit(asked())
        assert full.value.retry_after >= 1
        studio.cancel(running.id)
        assert [studio.wait(job.id, 30).state for job in waiting] == ["done", "done"]


def test_it_ends_though_the_disk_is_full(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = Studio(settings)
    studio.start()
    with monkeypatch.context() as patch:
        patch.setattr(studio._database, "backup", _full)
        with pytest.raises(StorageError, match="disk is full"):
            studio.stop()
    studio.stop()
    Studio(settings).stop()


def _full() -> None:
    raise StorageError("the disk is full")


def test_one_folder_has_one_studio(studio: Studio) -> None:
    with pytest.raises(StorageError, match="used by another studio"):
        Studio(studio.settings)


def test_an_unknown_engine_is_refused_and_the_folder_let_go(settings: Settings) -> None:
    odd = Settings(**settings.model_dump() | {"engine": "abacus"})
    with pytest.raises(UnknownEntryError, match="no 'abacus' in engines"):
        Studio(odd)
    Studio(settings).stop()


def test_models_are_listed_without_loading_any(studio: Studio) -> None:
    assert "mini" in {model.name for model in studio.books()}


def test_health_tells_of_the_worker(studio: Studio, asked: Ask) -> None:
    studio.wait(studio.submit(asked()).id, 30)
    health = studio.health()
    assert health.running
    assert health.ready
    assert health.worker is not None
    assert health.jobs["done"] == 1


def test_many_threads_may_ask_at_once(studio: Studio, asked: Ask) -> None:
    states: list[str] = []

    def client(number: int) -> None:
        for seed in range(5):
            job = studio.submit(asked(seed=100 * number + seed), client=str(number))
            states.append(studio.wait(job.id, 60).state)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert states == ["done"] * 40
    assert len(studio.gallery.listing(limit=-1)) == 40


def test_the_studio_imports_no_torch() -> None:
    program = (
        "import sys, underpaint.studio.app\n"
        "heavy = {'torch', 'safetensors', 'tokenizers', 'transformers'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
