"""OpenAI's calls for pictures."""

import base64
import time
from typing import Any

import numpy
import pytest
from starlette.testclient import TestClient

from underpaint.faces.api import openai
from underpaint.media import Image
from underpaint.studio.app import Studio

HEADERS = {"Authorization": "Bearer sk-anything"}


def generated(script: TestClient, **fields: object) -> Any:  # noqa: ANN401
    return script.post(
        "/v1/images/generations", json={"prompt": "a fox", **fields}, headers=HEADERS
    )


@pytest.mark.parametrize("model", [None, "", "dall-e-2", "dall-e-3", "gpt-image-1", "mini", "tiny"])
def test_pictures_of_words(script: TestClient, studio: Studio, model: str | None) -> None:
    answer = generated(
        script, model=model, n=2, size="64x128", quality="hd", user="x", style="vivid"
    )
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert abs(told["created"] - time.time()) < 60
    assert len(told["data"]) == 2
    text = Image.decode(base64.b64decode(told["data"][0]["b64_json"])).text
    assert "Size: 64x128" in text
    assert f"Model: {'tiny' if model == 'tiny' else 'mini'}" in text


def test_an_address_is_given_when_that_is_wanted(script: TestClient) -> None:
    [one] = generated(script, response_format="url").json()["data"]
    assert one["b64_json"] is None
    assert one["url"].startswith("http://127.0.0.1:7860/v1/gallery/")
    assert Image.decode(script.get(one["url"]).content).text.startswith("a fox")


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"model": "sd15"}, 404, "no 'sd15' in models; there are: mini"),
        ({"size": "big"}, 422, "size is 'big'; it must be like 512x512"),
        ({"size": "65x65"}, 422, "width is 65"),
        ({"n": 17}, 422, "n: "),
        ({"n": 0}, 422, "n: "),
        ({"prompt": None}, 422, "prompt: "),
        ({"response_format": "gif"}, 422, "response_format: "),
        ({"prompt": "!fail"}, 422, ""),
    ],
)
def test_what_cannot_be_done_is_told(
    script: TestClient, fields: dict[str, object], status: int, words: str
) -> None:
    answer = generated(script, **fields)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"].startswith(words)


def edited(script: TestClient, files: dict[str, bytes], **data: str) -> Any:  # noqa: ANN401
    parts = {name: (f"../../{name}.png", file, "image/png") for name, file in files.items()}
    form = {"prompt": "a fox", "size": "64x64", **data}
    return script.post("/v1/images/edits", data=form, files=parts, headers=HEADERS)


def test_a_picture_is_painted_on(script: TestClient, studio: Studio, sketch: Image) -> None:
    answer = edited(script, {"image": sketch.png()}, n="2")
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["data"]) == 2
    asked = studio.request(studio.jobs(limit=1)[0].id)
    assert asked.init is not None and asked.mask is None  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("where", ["mask", "image"])
def test_it_is_painted_on_where_it_is_transparent(
    script: TestClient, studio: Studio, sketch: Image, where: str
) -> None:
    levels = numpy.dstack([sketch.array(), numpy.full((64, 96), 255, numpy.uint8)])
    levels[:, 48:, 3] = 0
    clear = Image.of(levels).png()
    files = {"image": sketch.png(), "mask": clear} if where == "mask" else {"image": clear}
    assert edited(script, files).status_code == 200
    mask = studio.request(studio.jobs(limit=1)[0].id).mask  # pyright: ignore[reportAttributeAccessIssue]
    assert mask is not None
    assert (mask.grey().array()[:, :48] == 0).all() and (mask.grey().array()[:, 48:] == 255).all()


def test_a_file_that_is_no_picture_is_refused(script: TestClient, sketch: Image) -> None:
    assert edited(script, {"image": b"GIF89a<script>"}).status_code == 422
    assert edited(script, {"image": sketch.png(), "mask": b"PK"}).status_code == 422
    assert edited(script, {}).status_code == 422


@pytest.mark.parametrize("size", [None, "", "auto"])
def test_without_a_size_it_is_the_usual_one(size: str | None) -> None:
    assert openai._size(size) == (512, 512)
