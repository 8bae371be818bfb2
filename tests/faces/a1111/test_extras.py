"""Calls about pictures that are there."""

import base64
from pathlib import Path

import pytest
import torch
from fastapi import FastAPI
from starlette.testclient import TestClient

from underpaint.faces.a1111 import extras
from underpaint.faces.a1111.calls import Desk
from underpaint.media import Image
from underpaint.networks.esrgan import Esrgan, EsrganParams
from underpaint.studio.app import Settings, Studio

TEXT = "a fox\nNegative prompt: people\nSteps: 9, Sampler: Euler a, Seed: 3, Size: 64x128"


def in_base64(picture: Image) -> str:
    return base64.b64encode(picture.png()).decode()


def decoded(text: str) -> Image:
    return Image.decode(base64.b64decode(text))


def test_the_text_of_a_picture_is_told_and_parsed(script: TestClient, sketch: Image) -> None:
    told = script.post(
        "/sdapi/v1/png-info", json={"image": in_base64(sketch.with_text(TEXT))}
    ).json()
    assert told["info"] == TEXT
    assert told["items"] == {"parameters": TEXT}
    said = told["parameters"]
    assert (said["Prompt"], said["Negative prompt"], said["Steps"]) == ("a fox", "people", "9")
    assert (said["Size-1"], said["Size-2"], said["Clip skip"]) == ("64", "128", "1")


@pytest.mark.parametrize("body", [{"image": ""}, {}])
def test_of_nothing_there_is_nothing_to_tell(script: TestClient, body: dict[str, str]) -> None:
    told = script.post("/sdapi/v1/png-info", json=body).json()
    assert told == {"info": "", "items": {}, "parameters": {}}


def test_a_picture_without_text_has_none(script: TestClient, sketch64: str) -> None:
    assert script.post("/sdapi/v1/png-info", json={"image": sketch64}).json()["info"] == ""


@pytest.mark.parametrize("upscaler", ["Lanczos", "nearest"])
def test_pictures_are_scaled_by_a_factor(script: TestClient, sketch: Image, upscaler: str) -> None:
    body = {
        "image": in_base64(sketch.with_text(TEXT)),
        "upscaler_1": upscaler,
        "upscaling_resize": 2,
    }
    scaled = decoded(script.post("/sdapi/v1/extra-single-image", json=body).json()["image"])
    assert (scaled.width, scaled.height) == (192, 128)
    assert scaled.text.startswith(TEXT)


@pytest.mark.parametrize("crop", [True, False])
def test_pictures_are_scaled_to_a_size(script: TestClient, sketch64: str, crop: bool) -> None:
    body = {"image": sketch64, "resize_mode": 1, "upscaling_crop": crop, "upscaler_1": "Lanczos"}
    body |= {"upscaling_resize_w": 40, "upscaling_resize_h": 80}
    scaled = decoded(script.post("/sdapi/v1/extra-single-image", json=body).json()["image"])
    assert (scaled.width, scaled.height) == ((40, 80) if crop else (120, 80))


@pytest.mark.parametrize("upscaler", [None, "", "None"])
def test_without_an_upscaler_pictures_stay_as_they_are(
    script: TestClient, sketch: Image, upscaler: str | None
) -> None:
    body = {"image": in_base64(sketch.with_text(TEXT)), "upscaler_1": upscaler}
    same = decoded(script.post("/sdapi/v1/extra-single-image", json=body).json()["image"])
    assert same == sketch.with_text(TEXT)


def test_scaling_is_the_workers_work_and_files_do_it(tmp_path: Path, sketch: Image) -> None:
    network = Esrgan(EsrganParams(channels=4, growth=2, blocks=1))
    (tmp_path / "ESRGAN").mkdir()
    torch.save(network.state_dict(), tmp_path / "ESRGAN" / "4x-small.pth")
    body = {"image": in_base64(sketch.with_text(TEXT)), "upscaler_1": "4x-small"}
    body |= {"upscaling_resize": 1.5, "upscaler_2": "Lanczos", "extras_upscaler_2_visibility": 0.5}
    with Studio(Settings(outputs=tmp_path / "out", models=(tmp_path,), threads=1)) as studio:
        app = FastAPI()
        app.include_router(extras.router(Desk(studio)))
        told = TestClient(app).post("/sdapi/v1/extra-single-image", json=body).json()
        [kept] = studio.gallery.listing()
        assert studio.gallery.request(kept.id) == studio.request(kept.job)
        assert [each.id for each in studio.gallery.listing(query="fox")] == [kept.id]
    scaled = decoded(told["image"])
    assert (scaled.width, scaled.height) == (144, 96)
    said = "Postprocess upscaler: 4x-small, Postprocess upscaler 2: Lanczos"
    assert scaled.text.startswith(f"{TEXT}, Postprocess upscale by: 1.5, {said}")


def test_many_pictures_are_scaled(script: TestClient, sketch64: str) -> None:
    images = [{"data": sketch64, "name": "../../etc/passwd"}] * 3
    body = {"imageList": images, "upscaler_1": "Lanczos", "upscaling_resize": 1.5}
    told = script.post("/sdapi/v1/extra-batch-images", json=body).json()
    assert [decoded(each).width for each in told["images"]] == [144] * 3
    assert told["html_info"] == ""


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"upscaler_1": "R-ESRGAN 4x+"},
            "no 'R-ESRGAN 4x+' in upscalers; there are: lanczos, nearest",
        ),
        ({"gfpgan_visibility": 1}, "gfpgan_visibility and"),
        ({"extras_upscaler_2_visibility": 1.5}, "extras_upscaler_2_visibility: "),
        ({"upscaler_1": "Latent"}, "upscaler is 'Latent', which works on latents"),
        ({"upscaling_resize": 0}, "upscaling_resize: "),
        ({"resize_mode": 1, "upscaling_resize_w": 10**6}, "upscaling_resize_w: "),
    ],
)
def test_what_cannot_be_done_is_refused(
    script: TestClient, sketch64: str, fields: dict[str, object], words: str
) -> None:
    answer = script.post("/sdapi/v1/extra-single-image", json={"image": sketch64, **fields})
    assert answer.status_code == (404 if words.startswith("no ") else 422)
    assert answer.json()["detail"].startswith(words)


def test_nothing_here_puts_pictures_into_words(script: TestClient, sketch64: str) -> None:
    answer = script.post("/sdapi/v1/interrogate", json={"image": sketch64, "model": "clip"})
    assert answer.status_code == 404
    assert "clip" in answer.json()["detail"]
