"""The program that a worker process runs, spoken to over its pipes."""

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import BinaryIO, cast

from underpaint.engines import _wire
from underpaint.requests.image import ImageRequest

ASKED = ImageRequest(model="tiny", steps=2, width=64, height=64, seed=1, variation_seed=1, batch=1)
SETUP = {"engine": "stub", "folders": [], "options": {}}


def spoken(*orders: Mapping[str, object]) -> tuple[list[dict[str, object]], int]:
    """Return what the program answers to some orders, and its exit code."""
    with subprocess.Popen(
        [sys.executable, "-m", "underpaint.engines._process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(place for place in sys.path if place)},
    ) as process:
        pipe, answers = cast(BinaryIO, process.stdin), cast(BinaryIO, process.stdout)
        for order in orders:
            _wire.send(pipe, order)
        said: list[dict[str, object]] = []
        awaited = sum("run" in order for order in orders)
        while awaited and (message := _wire.receive(answers)) is not None:
            said.append(message[0])
            awaited -= "end" in message[0]
        pipe.close()
        return said, process.wait(10)


def test_it_does_one_order_after_the_other_and_ends_with_its_master() -> None:
    order = _wire.request_words(ASKED)
    said, code = spoken(SETUP, {"run": 1} | order, {"run": 2} | order)
    assert code == 0
    assert [each["end"] for each in said if "end" in each] == [1, 2]
    assert [each["event"] for each in said if "event" in each].count("finished") == 2


def test_an_order_that_is_no_longer_wanted_is_passed_over() -> None:
    order = _wire.request_words(ASKED)
    said, _ = spoken(SETUP, {"stop": 1}, {"run": 1} | order, {"run": 2} | order)
    assert [each["end"] for each in said if "end" in each] == [1, 2]
    assert [each["event"] for each in said if "event" in each].count("finished") == 1


def test_an_order_that_is_no_request_is_refused() -> None:
    words = {"kind": "image", "class": "ImageRequest", "request": '{"steps": 0}'}
    said, _ = spoken(SETUP, {"run": 1} | words)
    assert said[-2]["error"] == "RequestError"


def test_it_ends_at_once_when_there_is_no_master() -> None:
    assert spoken() == ([], 0)
