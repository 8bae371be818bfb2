"""What breaks readers of HTTP, on real sockets: refused or cut off, and the server goes on."""

import asyncio
import time
from collections.abc import Iterator
from threading import Thread

import pytest
import uvicorn
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.faces.conftest import TOKEN
from underpaint.faces._http import serving
from underpaint.faces._http.guard import Door
from underpaint.faces._http.protocol import Prompt
from underpaint.faces._http.server import server
from underpaint.studio.app import Studio

TOO_BIG = 1009


@pytest.fixture(scope="module")
def port(studio: Studio) -> Iterator[int]:
    """Serve a studio on a port."""
    bound = serving.sockets(serving.place({"port": "0"}))
    number = bound[0].getsockname()[1]
    app = server(studio, Door(port=number, token=TOKEN))
    config = uvicorn.Config(
        app,
        http=Prompt,
        ws="websockets-sansio",
        ws_max_size=serving.MAX_MESSAGE,
        lifespan="off",
        log_config=None,
        access_log=False,
        h11_max_incomplete_event_size=64 * 2**10,
    )
    running = uvicorn.Server(config)
    thread = Thread(target=running.run, kwargs={"sockets": list(bound)})
    thread.start()
    while not running.started:
        time.sleep(0.01)
    yield number
    running.should_exit = True
    thread.join(20)
    for each in bound:
        each.close()


def told(port: int, request: bytes, wait: float = 1.5) -> bytes:
    """Send bytes; return what comes back within a while."""

    async def story() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        came = b""
        try:
            writer.write(request)
            await writer.drain()
            async with asyncio.timeout(wait):
                while part := await reader.read(65_536):
                    came += part
        except (TimeoutError, ConnectionError):
            pass
        writer.close()
        return came

    return asyncio.run(story())


def head(port: int, first: str, *lines: str) -> bytes:
    return "\r\n".join([first, f"Host: 127.0.0.1:{port}", *lines, "", ""]).encode()


def test_a_plain_request_is_answered(port: int) -> None:
    came = told(port, head(port, "GET /health HTTP/1.1", "Connection: close"))
    assert came.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("first", "lines", "body"),
    [
        ("GET /health", (), b""),
        ("\0\0\0", (), b""),
        ("GET /a b HTTP/1.1", (), b""),
        ("POST /v1/jobs HTTP/1.1", ("Content-Length: -1",), b""),
        ("POST /v1/jobs HTTP/1.1", ("Content-Length: 1", "Content-Length: 2"), b"xx"),
        ("POST /v1/jobs HTTP/1.1", ("Content-Length: 0x10",), b"x" * 16),
        ("POST /v1/jobs HTTP/1.1", ("Transfer-Encoding: chunked",), b"zz\r\n"),
        ("POST /v1/jobs HTTP/1.1", ("Transfer-Encoding: gzip, chunked",), b"0\r\n\r\n"),
        ("GET /health HTTP/1.1", ("Bad Header: x",), b""),
        ("GET /health HTTP/1.1", ("X: a\0b",), b""),
        ("GET /health HTTP/1.1", (f"X: {'a' * 2**20}",), b""),
        ("GET /" + "a" * 2**17 + " HTTP/1.1", (), b""),
        ("GET /health HTTP/1.1", tuple(f"X-{n}: a" for n in range(20_000)), b""),
    ],
)
def test_what_is_no_request_is_refused(
    port: int, first: str, lines: tuple[str, ...], body: bytes
) -> None:
    came = told(port, head(port, first, *lines) + body)
    assert b" 200 " not in came.split(b"\r\n", 1)[0]
    assert b" 500 " not in came.split(b"\r\n", 1)[0]


def test_a_request_cannot_be_smuggled_in_anothers_body(port: int) -> None:
    lines = ("Content-Length: 6", "Transfer-Encoding: chunked")
    hidden = head(port, "GET /sdapi/v1/options HTTP/1.1")
    came = told(port, head(port, "POST /v1/jobs HTTP/1.1", *lines) + b"0\r\n\r\n" + hidden)
    assert b"sd_model_checkpoint" not in came or came.count(b"HTTP/1.1 ") == 2


def test_without_a_host_nobody_comes_in(port: int) -> None:
    assert told(port, b"GET /v1/jobs HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 421")
    twice = f"Host: 127.0.0.1:{port}"
    came = told(port, head(port, "GET /v1/jobs HTTP/1.1", twice))
    assert came.startswith((b"HTTP/1.1 400", b"HTTP/1.1 421"))


def test_many_requests_in_one_go_are_answered_in_their_order(port: int) -> None:
    came = told(port, head(port, "GET /health HTTP/1.1") * 20)
    assert came.count(b"HTTP/1.1 200") == 20


def test_a_message_that_is_too_large_ends_the_socket(port: int) -> None:
    headers = {"X-Underpaint-Token": TOKEN}
    with connect(f"ws://127.0.0.1:{port}/ws/live", additional_headers=headers) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            socket.send(b"x" * (serving.MAX_MESSAGE + 1))
            socket.recv(10)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == TOO_BIG


def test_callers_who_leave_at_any_byte_do_no_harm(port: int, studio: Studio) -> None:
    body = b'{"prompt": "a fox", "steps": 1}'
    lines = ("Content-Type: application/json", f"Content-Length: {len(body)}")
    request = head(port, "POST /sdapi/v1/txt2img HTTP/1.1", *lines) + body
    for end in range(1, len(request), max(1, len(request) // 50)):
        told(port, request[:end], wait=0.01)
    assert told(port, head(port, "GET /health HTTP/1.1")).startswith(b"HTTP/1.1 200")
    assert studio.health().running
