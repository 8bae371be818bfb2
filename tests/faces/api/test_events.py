"""Events by both ways."""

import asyncio
import json
from typing import Any

from starlette.testclient import TestClient

from tests.faces.conftest import BASE, TOKEN
from underpaint.faces.api import events
from underpaint.requests.image import ImageRequest
from underpaint.studio.app import Studio

QUICK = ImageRequest(prompt="a fox", steps=3, batch=2, seed=1)
SOCKET = f"ws://{BASE.removeprefix('http://')}/v1/events"
OURS = {"Origin": BASE, "X-Underpaint-Token": TOKEN}


def streamed(studio: Studio, after: int, last: str) -> list[str]:
    """Return the stream's text, up to the event `last`."""

    async def read() -> list[str]:
        taken: list[str] = []
        async for line in (stream := events._lines(studio, after)):
            taken.append(line)
            if f"event: {last}" in line:
                break
        await stream.aclose()  # pyright: ignore[reportAttributeAccessIssue]
        return taken

    return asyncio.run(asyncio.wait_for(read(), 20))


def test_the_stream_tells_all_that_happened(studio: Studio) -> None:
    before = studio.events().sequence
    job = studio.submit(QUICK)
    studio.wait(job.id, 20)
    text = streamed(studio, before, "done")
    assert text[0] == "retry: 1000\n\n"
    told = [line for line in text if "event: " in line and "event: progress" not in line]
    assert [line.split("event: ")[1].split("\n")[0] for line in told] == [
        *("queued", "running", "picture", "picture", "done")
    ]
    numbers = [int(line.split("\n")[0].removeprefix("id: ")) for line in told]
    assert numbers == sorted(numbers) and numbers[0] > before
    data = json.loads(told[2].split("data: ")[1])
    assert data["job"] == job.id
    assert studio.gallery.picture(data["picture"]).job == job.id


def test_the_stream_goes_on_where_somebody_was_cut_off(studio: Studio) -> None:
    job = studio.submit(QUICK)
    studio.wait(job.id, 20)
    last = studio.events().sequence
    [_, told] = streamed(studio, last - 1, "done")
    assert told.startswith(f"id: {last}\nevent: done\n")


def test_a_remark_is_sent_when_nothing_happens(studio: Studio, monkeypatch: Any) -> None:  # noqa: ANN401
    monkeypatch.setattr(events, "KEEP_ALIVE", 0.05)

    async def second() -> str:
        stream = events._lines(studio, None)
        await anext(stream)
        return await anext(stream)

    assert asyncio.run(asyncio.wait_for(second(), 10)) == ": still here\n\n"


def test_the_socket_tells_the_same(page: TestClient, studio: Studio) -> None:
    before = studio.events().sequence
    with page.websocket_connect(f"{SOCKET}?after={before}", headers=OURS) as socket:
        job = studio.submit(ImageRequest(prompt="!slow=0.06", steps=8, batch=1))
        told: list[dict[str, Any]] = []
        while not told or told[-1]["what"] != "done":
            told.append(socket.receive_json())
    assert {each["job"] for each in told} == {job.id}
    what = [each["what"] for each in told if each["what"] != "progress"]
    assert what == ["queued", "running", "picture", "done"]
    steps = [each["progress"] for each in told if each["what"] == "progress"]
    assert steps and all(each["steps"] == 8 for each in steps)
    assert any((each["preview"] or "").startswith("data:image/jpeg;base64,") for each in steps)


def test_a_wrong_number_is_refused(page: TestClient) -> None:
    assert page.get("/v1/events", params={"after": -1}).status_code == 422
