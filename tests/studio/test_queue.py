"""The queue: its order, its limits, and that nobody who lost a job can speak for it."""

import threading
import time
from collections.abc import Callable

import pytest

from underpaint.errors import (
    ConflictError,
    CrashError,
    NotFoundError,
    QueueFullError,
    RequestError,
)
from underpaint.studio._database import Database
from underpaint.studio.jobs import Job, Ticket
from underpaint.studio.queue import Queue

Make = Callable[..., Ticket]


def turn(queue: Queue) -> list[str]:
    return [job.request.prompt for job in queue.jobs(states=["queued"])]  # pyright: ignore[reportAttributeAccessIssue]


def claimed(queue: Queue) -> Job:
    job = queue.claim()
    assert job is not None
    return job


def test_a_job_goes_through_its_states(queue: Queue, ticket: Make) -> None:
    job = queue.submit(ticket())
    assert (job.state, job.position, job.attempt, job.over) == ("queued", 0, 0, False)
    running = claimed(queue)
    assert (running.id, running.state, running.attempt) == (job.id, "running", 1)
    assert running.position is None
    queue.finish(running)
    done = queue.job(job.id)
    assert (done.state, done.over, done.error) == ("done", True, "")
    assert [each.what for each in queue.changes(0)] == ["queued", "running", "done"]
    assert done.sequence == queue.last_change() == 3


def test_a_failed_job_says_why(queue: Queue, ticket: Make) -> None:
    queue.submit(ticket())
    queue.finish(claimed(queue), RequestError("no 'eular' in samplers"))
    [job] = queue.jobs()
    assert (job.state, job.error_kind) == ("failed", "RequestError")
    assert job.error == "no 'eular' in samplers"


def test_higher_priorities_and_the_front_go_first(queue: Queue, ticket: Make) -> None:
    for prompt, priority, front in [
        ("one", 0, False),
        ("two", 0, False),
        ("urgent", 5, False),
        ("first", 0, True),
        ("more urgent", 5, True),
        ("later", -1, False),
    ]:
        queue.submit(ticket(prompt, priority=priority, front=front))
    order = ["more urgent", "urgent", "first", "one", "two", "later"]
    assert turn(queue) == order
    assert [job.position for job in queue.jobs(states=["queued"])] == list(range(6))
    assert [claimed(queue).request.prompt for _ in order] == order  # pyright: ignore[reportAttributeAccessIssue]
    assert queue.claim() is None


@pytest.mark.parametrize(
    ("position", "order"),
    [(0, "cabd"), (1, "acbd"), (2, "abcd"), (3, "abdc"), (99, "abdc"), (-5, "cabd")],
)
def test_a_job_can_be_moved(queue: Queue, ticket: Make, position: int, order: str) -> None:
    jobs = {prompt: queue.submit(ticket(prompt)) for prompt in "abcd"}
    moved = queue.reorder(jobs["c"].id, position)
    assert turn(queue) == list(order)
    assert moved.position == order.index("c")
    queue.submit(ticket("e"))
    assert turn(queue) == [*order, "e"]


def test_a_moved_job_takes_on_the_priority_there(queue: Queue, ticket: Make) -> None:
    low, high = queue.submit(ticket("low")), queue.submit(ticket("high", priority=9))
    assert queue.reorder(low.id, 0).priority == 9
    assert turn(queue) == ["low", "high"]
    assert queue.reorder(high.id, 5).position == 1


def test_only_waiting_jobs_move(queue: Queue, ticket: Make) -> None:
    running = queue.submit(ticket())
    queue.claim()
    assert queue.reorder(running.id, 0).state == "running"
    alone = queue.submit(ticket())
    assert queue.reorder(alone.id, 3).position == 0


def test_the_same_key_makes_one_job(queue: Queue, ticket: Make) -> None:
    first = queue.submit(ticket(client="a", key="k"))
    assert queue.submit(ticket(client="a", key="k")).id == first.id
    assert queue.submit(ticket(client="b", key="k")).id != first.id
    queue.finish(claimed(queue))
    assert queue.submit(ticket(client="a", key="k")).state == "done"
    assert queue.find("a", "k") == queue.job(first.id)
    assert queue.find("a", "other") is None
    with pytest.raises(ConflictError, match="use a new key"):
        queue.submit(ticket("a cat", client="a", key="k"))


def test_without_a_key_each_is_a_job(queue: Queue, ticket: Make) -> None:
    assert queue.submit(ticket()).id != queue.submit(ticket()).id


def test_a_full_queue_says_when_to_come_again(database: Database, ticket: Make) -> None:
    queue = Queue(database, waiting=3, waiting_a_client=2)
    queue.submit(ticket(client="a"))
    queue.submit(ticket(client="a", key="k"))
    with pytest.raises(QueueFullError, match=r"2 of your jobs wait, .* try again in 1 s"):
        queue.submit(ticket(client="a"))
    assert queue.submit(ticket(client="a", key="k"))
    queue.submit(ticket(client="b"))
    with pytest.raises(QueueFullError, match="3 jobs wait") as full:
        queue.submit(ticket(client="c"))
    assert full.value.retry_after == 1
    claimed(queue)
    queue.submit(ticket(client="c"))


def test_how_long_to_wait_is_how_long_jobs_take(database: Database, ticket: Make) -> None:
    queue = Queue(database, waiting=1)
    queue.submit(ticket())
    queue.finish(claimed(queue))
    with database.change() as tables:
        tables.execute("UPDATE jobs SET started = ended - 41.5")
    queue.submit(ticket())
    with pytest.raises(QueueFullError) as full:
        queue.submit(ticket())
    assert full.value.retry_after == 42


def test_a_cancelled_job_hears_its_worker_no_more(queue: Queue, ticket: Make) -> None:
    waiting, other = queue.submit(ticket("b")), queue.submit(ticket("a", priority=1))
    running = claimed(queue)
    assert running.id == other.id
    assert queue.cancel(waiting.id).state == "cancelled"
    assert queue.cancel(running.id).state == "cancelled"
    queue.finish(running)
    queue.give_back(running)
    queue.remark(running, "too late")
    assert queue.job(running.id).state == "cancelled"
    assert queue.job(running.id).notes == ()
    assert queue.claim() is None
    assert queue.counts() == {"queued": 0, "running": 0, "done": 0, "failed": 0, "cancelled": 2}


def test_what_is_over_stays_as_it_is(queue: Queue, ticket: Make) -> None:
    queue.submit(ticket())
    job = claimed(queue)
    queue.finish(job)
    assert queue.cancel(job.id).state == "done"


def test_an_interrupted_job_goes_next(queue: Queue, ticket: Make) -> None:
    first = queue.submit(ticket("first"))
    queue.submit(ticket("second"))
    late = claimed(queue)
    queue.give_back(late)
    again = claimed(queue)
    assert (again.id, again.attempt) == (first.id, 2)
    queue.finish(late, RequestError("the first attempt, which nobody waits for"))
    assert queue.job(first.id).state == "running"
    queue.finish(again)
    assert queue.job(first.id).state == "done"


def test_a_job_that_kills_twice_fails(queue: Queue, ticket: Make) -> None:
    job, death = queue.submit(ticket()), CrashError("signal 9")
    queue.give_back(claimed(queue), death)
    assert queue.job(job.id).state == "queued"
    queue.give_back(claimed(queue))
    queue.give_back(claimed(queue), death)
    poison = queue.job(job.id)
    assert (poison.state, poison.error_kind, poison.attempt) == ("failed", "CrashError", 3)
    assert poison.error == "the worker died of this job 2 times; the last time signal 9"


def test_a_new_epoch_does_what_the_old_one_did_not(
    database: Database, queue: Queue, ticket: Make
) -> None:
    first, second = queue.submit(ticket("first")), queue.submit(ticket("second"))
    claimed(queue)
    again = Queue(database)
    assert again.epoch == queue.epoch + 1
    assert [job.id for job in again.jobs()] == [first.id, second.id]
    assert claimed(again).attempt == 2


def test_jobs_that_are_too_late_fail(queue: Queue, ticket: Make) -> None:
    late = queue.submit(ticket(deadline=time.time() - 1))
    soon = queue.submit(ticket(deadline=time.time() + 100))
    assert queue.next_deadline() == late.deadline
    assert claimed(queue).id == soon.id
    assert queue.job(late.id).error_kind == "DeadlineError"
    assert queue.next_deadline() is None


def test_notes_are_kept_once(queue: Queue, ticket: Make) -> None:
    queue.submit(ticket())
    job = claimed(queue)
    queue.remark(job, "memory ran out")
    queue.remark(queue.job(job.id), "memory ran out")
    assert queue.job(job.id).notes == ("memory ran out",)


def test_a_list_goes_on_where_it_ended(queue: Queue, ticket: Make) -> None:
    for number in range(5):
        queue.submit(ticket(str(number)))
        queue.finish(claimed(queue))
    first = queue.jobs(limit=2)
    assert [job.request.prompt for job in first] == ["4", "3"]  # pyright: ignore[reportAttributeAccessIssue]
    assert [job.request.prompt for job in queue.jobs(before=first[-1].sequence)] == ["2", "1", "0"]  # pyright: ignore[reportAttributeAccessIssue]


def test_changes_are_numbered_and_none_is_missed(queue: Queue, ticket: Make) -> None:
    assert queue.last_change() == 0
    jobs = [queue.submit(ticket(str(number))) for number in range(3)]
    queue.cancel(jobs[1].id)
    changes = queue.changes(0)
    assert [change.sequence for change in changes] == [1, 2, 3, 4]
    assert queue.changes(2) == changes[2:]
    assert queue.changes(0, limit=1) == changes[:1]
    assert changes[-1].job == jobs[1].id


@pytest.mark.parametrize("call", ["job", "stored", "cancel"])
def test_there_is_no_job_of_another_id(queue: Queue, call: str) -> None:
    with pytest.raises(NotFoundError, match=r"no job '\.\./etc/passwd'"):
        getattr(queue, call)("../etc/passwd")
    with pytest.raises(NotFoundError):
        queue.reorder("nothing", 0)


def test_many_may_submit_and_claim_at_once(queue: Queue, ticket: Make) -> None:
    seen: list[str] = []

    def submit() -> None:
        for _ in range(10):
            queue.submit(ticket())

    def claim() -> None:
        until = time.monotonic() + 20
        while len(seen) < 40 and time.monotonic() < until:
            if job := queue.claim():
                seen.append(job.id)
                queue.finish(job)

    threads = [threading.Thread(target=work) for work in (submit, submit, submit, submit)]
    threads += [threading.Thread(target=claim) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == len(set(seen)) == 40
    assert queue.counts()["done"] == 40
