"""Calls about pictures that are there."""

import base64

import pytest
from starlette.testclient import TestClient

from underpaint.media import Image

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


@pytest.mark.parametrize("upscaler", ["None", "Lanczos", "Nearest"])
def test_pictures_are_scaled_by_a_factor(script: TestClient, sketch: Image, upscaler: str) -> None:
    body = {
        "image": in_base64(sketch.with_text(TEXT)),
        "upscaler_1": upscaler,
        "upscaling_resize": 2,
    }
    scaled = decoded(script.post("/sdapi/v1/extra-single-image", json=body).json()["image"])
    assert (scaled.width, scaled.height, scaled.text) == (192, 128, TEXT)
    if upscaler == "Nearest":
        assert (scaled.array()[::2, ::2] == sketch.array()).all()


@pytest.mark.parametrize("crop", [True, False])
def test_pictures_are_scaled_to_a_size(script: TestClient, sketch64: str, crop: bool) -> None:
    body = {"image": sketch64, "resize_mode": 1, "upscaling_crop": crop, "upscaler_1": "Lanczos"}
    body |= {"upscaling_resize_w": 40, "upscaling_resize_h": 80}
    scaled = decoded(script.post("/sdapi/v1/extra-single-image", json=body).json()["image"])
    assert (scaled.width, scaled.height) == (40, 80)


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
            "no 'R-ESRGAN 4x+' in upscalers; there are: None, Lanczos",
        ),
        ({"gfpgan_visibility": 1}, "gfpgan_visibility and"),
        (
            {"upscaler_2": "Nearest", "extras_upscaler_2_visibility": 1},
            "extras_upscaler_2_visibility",
        ),
        ({"upscaling_resize": 0}, "upscaling_resize: "),
        ({"resize_mode": 1, "upscaling_resize_w": 10**6}, "upscaling_resize_w: "),
    ],
)
def test_what_cannot_be_done_is_refused(
    script: TestClient, sketch64: str, fields: dict[str, object], words: str
) -> None:
    answer = script.post("/sdapi/v1/extra-single-image", json={"image": sketch64, **fields})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(words)


def test_nothing_here_puts_pictures_into_words(script: TestClient, sketch64: str) -> None:
    answer = script.post("/sdapi/v1/interrogate", json={"image": sketch64, "model": "clip"})
    assert answer.status_code == 404
    assert "clip" in answer.json()["detail"]


def test_controlnet_answers_with_nothing_in_it(script: TestClient, sketch64: str) -> None:
    assert script.get("/controlnet/version").json() == {"version": 3}
    assert script.get("/controlnet/model_list").json() == {"model_list": []}
    assert script.get("/controlnet/module_list").json()["module_list"] == ["none"]
    assert "All" in script.get("/controlnet/control_types").json()["control_types"]
    body = {"controlnet_module": "none", "controlnet_input_images": [sketch64]}
    assert len(script.post("/controlnet/detect", json=body).json()["images"]) == 1
    answer = script.post("/controlnet/detect", json={**body, "controlnet_module": "canny"})
    assert answer.status_code == 422
