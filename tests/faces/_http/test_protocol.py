"""A request's head has so many seconds to come, on real sockets."""

import asyncio
import time
from collections.abc import Iterator
from threading import Thread

import pytest
import uvicorn
from starlette.responses import PlainTextResponse

from underpaint.faces._http import serving
from underpaint.faces._http.protocol import Prompt


class Hasty(Prompt):
    head_seconds = 0.4


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    [bound, *rest] = serving.sockets(serving.place({"port": "0"}))
    config = uvicorn.Config(
        PlainTextResponse("here"), http=Hasty, lifespan="off", log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield bound.getsockname()[1]
    server.should_exit = True
    thread.join(10)
    for each in (bound, *rest):
        each.close()


async def told(port: int, *parts: bytes, pause: float = 0.0) -> tuple[bytes, float]:
    """Send parts with pauses; return all that comes back and the seconds until the end."""
    begun = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(pause)
    came = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return came, time.monotonic() - begun


def test_a_head_in_time_is_answered(port: int) -> None:
    request = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    came, _ = asyncio.run(told(port, request))
    assert came.startswith(b"HTTP/1.1 200") and came.endswith(b"here")


@pytest.mark.parametrize(
    "parts", [(), (b"GET / HTTP/1.1\r\n",), (b"GET / HT", b"TP/1.1\r\nHost: a\r\n")]
)
def test_a_head_that_never_ends_is_cut_off(port: int, parts: tuple[bytes, ...]) -> None:
    came, seconds = asyncio.run(told(port, *parts))
    assert b"200" not in came
    assert 0.3 < seconds < 5


def test_a_second_request_on_the_same_connection_has_its_own_time(port: int) -> None:
    request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    came, seconds = asyncio.run(told(port, request, request, b"GET /", pause=0.3))
    assert came.count(b"200 OK") == 2
    assert 0.8 < seconds < 6


def test_many_slow_callers_keep_nobody_out(port: int) -> None:
    async def story() -> float:
        slow = [asyncio.create_task(told(port, b"GET / HTTP/1.1\r\n")) for _ in range(200)]
        await asyncio.sleep(0.05)
        request = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        came, seconds = await told(port, request)
        assert came.endswith(b"here")
        await asyncio.gather(*slow)
        return seconds

    assert asyncio.run(story()) < 5
