"""Calls as jobs: queued, found, waited for and stopped."""

import asyncio
from collections.abc import Iterator

import pytest

from underpaint.errors import RequestError
from underpaint.faces.a1111.calls import CLIENT, Call, Desk
from underpaint.faces.a1111.requests import Order
from underpaint.requests.image import ImageRequest
from underpaint.studio.app import Studio


@pytest.fixture
def desk(studio: Studio) -> Iterator[Desk]:
    yield Desk(studio)
    studio.cancel_all()


def order(*prompts: str, steps: int = 3) -> Order:
    requests = tuple(
        ImageRequest(prompt=prompt, batch=1, steps=steps, seed=n, variation_seed=n)
        for n, prompt in enumerate(prompts)
    )
    return Order(requests, {})


async def here() -> bool:
    return False


async def gone() -> bool:
    return True


def test_the_jobs_of_a_call_know_their_places(desk: Desk) -> None:
    jobs = desk.submit(order("a", "b", "c").requests, "task(x)")
    places = [Call.of(job) for job in jobs]
    assert [(place.task, place.number, place.rounds) for place in places] == [
        *(("task(x)", 0, 3), ("task(x)", 1, 3), ("task(x)", 2, 3)),
    ]
    assert len({place.id for place in places}) == 1
    over = asyncio.run(desk.ended(jobs, here))
    assert [job.state for job in over] == ["done"] * 3
    assert desk.known("task(x)") and not desk.known("task(y)")


def test_the_same_name_twice_is_two_calls(desk: Desk) -> None:
    one, other = desk.submit(order("a").requests, "t"), desk.submit(order("b").requests, "t")
    assert one[0].id != other[0].id


def test_a_job_from_elsewhere_is_a_call_of_its_own(studio: Studio) -> None:
    job = studio.submit(ImageRequest(batch=1), client="page", idempotency_key="a\x1fb\x1f0\x1f1")
    assert Call.of(job) == Call("", job.id, 0, 1)


def test_the_first_is_the_callers_own_when_the_task_is_known(desk: Desk, studio: Studio) -> None:
    studio.submit(ImageRequest(prompt="!slow=0.1", steps=50, batch=1), client="page")
    first = desk.submit(order("!slow=0.1", steps=50).requests, "one")
    second = desk.submit(order("!slow=0.1", steps=50).requests, "two")
    assert desk.first() is not None and desk.first().id == first[0].id  # pyright: ignore[reportOptionalMemberAccess]
    found = desk.first("two")
    assert found is not None and found.id == second[0].id
    assert desk.first("three") is None


def test_stopping_leaves_other_calls_alone(desk: Desk, studio: Studio) -> None:
    mine = desk.submit(order(*["!slow=0.1"] * 3, steps=50).requests, "")
    other = desk.submit(order("!slow=0.1", steps=50).requests, "")
    desk.stop(Call.of(mine[0]).id)
    assert {studio.job(job.id).state for job in mine} == {"cancelled"}
    assert studio.job(other[0].id).state in ("queued", "running")


def test_a_caller_who_has_gone_may_take_the_work_along(desk: Desk, studio: Studio) -> None:
    jobs = desk.submit(order("!slow=0.2", "!slow=0.2", steps=50).requests, "")
    over = asyncio.run(asyncio.wait_for(desk.ended(jobs, gone), 30))
    assert {job.state for job in over} == {"cancelled"}


def test_a_failure_ends_the_call(desk: Desk, studio: Studio) -> None:
    jobs = desk.submit(order("!fail", "!slow=0.1", steps=50).requests, "")
    with pytest.raises(RequestError):
        asyncio.run(asyncio.wait_for(desk.ended(jobs, here), 30))
    assert studio.job(jobs[1].id).state == "cancelled"


def test_what_is_handed_in_is_a_clients_own(desk: Desk) -> None:
    [job] = desk.submit(order("a").requests, "strange \x1f name")
    assert job.client == CLIENT
    assert Call.of(job).task == "strange  name"
