"""Live painting: the latest sketch wins."""

import json
import struct
import time
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from tests.faces.conftest import BASE, TOKEN
from underpaint.media import Image
from underpaint.requests.image import ImageRequest
from underpaint.studio.app import Studio

SOCKET = f"ws://{BASE.removeprefix('http://')}/ws/live"
OURS = {"Origin": BASE, "X-Underpaint-Token": TOKEN}


def sent(rev: int, picture: bytes) -> bytes:
    return struct.pack(">I", rev) + picture


def received(socket: Any) -> tuple[int, int, int, Image] | dict[str, Any]:  # noqa: ANN401
    message = socket.receive()
    if message.get("bytes"):
        rev, step, steps = struct.unpack(">IHH", message["bytes"][:8])
        return rev, step, steps, Image.decode(message["bytes"][8:])
    return json.loads(message["text"])


def finished(socket: Any, rev: int) -> Image:  # noqa: ANN401
    """Return the finished picture of a revision; no older one may come after a newer."""
    highest, until = 0, time.monotonic() + 30
    while time.monotonic() < until:
        came = received(socket)
        if isinstance(came, tuple):
            assert came[0] >= highest
            highest = came[0]
            if came[0] == rev and came[1] == came[2]:
                return came[3]
    raise AssertionError("never finished")


def test_a_sketch_becomes_a_picture_that_is_not_kept(
    page: TestClient, studio: Studio, sketch: Image
) -> None:
    with page.websocket_connect(SOCKET, headers=OURS) as socket:
        socket.send_json({"request": {"prompt": "a fox", "steps": 3, "seed": 1}})
        socket.send_bytes(sent(1, sketch.jpeg()))
        told = received(socket)
        assert isinstance(told, dict) and (told["rev"], told["dropped"]) == (1, 0)
        assert told["age"] < 5
        assert finished(socket, 1).width > 0
    assert studio.gallery.listing() == studio.gallery.listing(kind="sketch") == ()
    assert studio.jobs() == ()


def test_a_picture_is_kept_when_that_is_asked_for(
    page: TestClient, studio: Studio, sketch: Image
) -> None:
    with page.websocket_connect(SOCKET, headers=OURS) as socket:
        socket.send_json({"request": {"prompt": "a kept fox", "steps": 3}, "keep": True})
        socket.send_bytes(sent(1, sketch.png()))
        finished(socket, 1)
        [job] = studio.jobs(limit=1)
        studio.wait(job.id, 20)
    [kept] = studio.gallery.listing("kept")
    assert kept.text.startswith("a kept fox")
    assert kept.inputs["init"]


def test_a_newer_sketch_overtakes(page: TestClient, studio: Studio, sketch: Image) -> None:
    with page.websocket_connect(SOCKET, headers=OURS) as socket:
        socket.send_json({"request": {"prompt": "!slow=0.1", "steps": 5}})
        socket.send_bytes(sent(1, sketch.jpeg()))
        assert isinstance(received(socket), dict)
        socket.send_json({"request": {"prompt": "a fox", "steps": 2}})
        for rev in (2, 3, 4):
            socket.send_bytes(sent(rev, sketch.jpeg()))
        begun = time.monotonic()
        finished(socket, 4)
        assert time.monotonic() - begun < 10


def test_jobs_wait_for_the_brush_and_go_on(page: TestClient, studio: Studio, sketch: Image) -> None:
    job = studio.submit(ImageRequest(prompt="!slow=0.02", steps=100, batch=1))
    with page.websocket_connect(SOCKET, headers=OURS) as socket:
        socket.send_json({"request": {"prompt": "a fox", "steps": 2}})
        socket.send_bytes(sent(1, sketch.jpeg()))
        finished(socket, 1)
        assert not studio.job(job.id).over
    assert studio.wait(job.id, 30).state == "done"


@pytest.mark.parametrize(
    ("text", "data", "words"),
    [
        ("{", None, "a text must be JSON"),
        ("[]", None, "a text must be JSON"),
        ('{"request": 1}', None, "a text must be JSON"),
        ("[" * 5000, None, "a text must be JSON"),
        (None, b"\0", "a sketch has at most"),
        (None, b"\0" * (5 * 2**20), "a sketch has at most"),
        (None, sent(1, b"no picture"), "init cannot be used"),
        ('{"request": {"steps": 0}}', sent(1, b"\x89PNG"), ""),
    ],
)
def test_what_is_not_sound_is_told_and_the_socket_stays(
    page: TestClient, sketch: Image, text: str | None, data: bytes | None, words: str
) -> None:
    with page.websocket_connect(SOCKET, headers=OURS) as socket:
        if text is not None:
            socket.send_text(text)
        if data is not None:
            socket.send_bytes(data)
        told = received(socket)
        while isinstance(told, dict) and "error" not in told:
            told = received(socket)
        assert isinstance(told, dict) and told["error"].startswith(words)
        socket.send_json({"request": {"steps": 2}})
        socket.send_bytes(sent(7, sketch.png()))
        finished(socket, 7)


def test_whoever_leaves_takes_the_work_along(
    page: TestClient, studio: Studio, sketch: Image
) -> None:
    with page.websocket_connect(SOCKET, headers=OURS) as socket:
        socket.send_json({"request": {"prompt": "!slow=0.1", "steps": 100}})
        socket.send_bytes(sent(1, sketch.jpeg()))
        received(socket)
    job = studio.submit(ImageRequest(prompt="a hen", steps=2, batch=1))
    assert studio.wait(job.id, 8).state == "done"


def test_without_the_token_there_is_no_live_painting(script: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect), script.websocket_connect(SOCKET):
        raise AssertionError("it came in")
