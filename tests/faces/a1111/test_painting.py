"""The two painting calls over HTTP, against the checklist of what clients rely on."""

import base64
import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from underpaint.faces.a1111.payload import ImageToImage, TextToImage
from underpaint.media import Image
from underpaint.studio.app import Studio

SMALL = {"width": 64, "height": 64, "steps": 2}

INFO = {
    "prompt all_prompts negative_prompt all_negative_prompts seed all_seeds subseed all_subseeds "
    "subseed_strength width height sampler_name cfg_scale steps batch_size restore_faces "
    "face_restoration_model sd_model_name sd_model_hash sd_vae_name sd_vae_hash seed_resize_from_w "
    "seed_resize_from_h denoising_strength extra_generation_params index_of_first_image infotexts "
    "styles job_timestamp clip_skip is_using_inpainting_conditioning version"
}


def painted(script: TestClient, path: str = "txt2img", **fields: object) -> dict[str, Any]:
    answer = script.post(f"/sdapi/v1/{path}", json={**SMALL, **fields})
    assert answer.status_code == 200, answer.text
    return answer.json()


def decoded(text: str) -> Image:
    return Image.decode(base64.b64decode(text, validate=True))


def test_an_answer_has_all_its_parts(script: TestClient) -> None:
    answer = painted(script, prompt="a fox", seed=7)
    assert set(answer) == {"images", "parameters", "info"}
    assert set(answer["parameters"]) == set(TextToImage.model_fields)
    assert isinstance(answer["info"], str)
    info = json.loads(answer["info"])
    assert set(info) == set(" ".join(INFO).split())
    assert info["infotexts"] == [decoded(answer["images"][0]).text]
    assert (info["seed"], info["all_seeds"]) == (7, [7])
    assert len(info["job_timestamp"]) == 14


def test_the_grid_goes_first(script: TestClient) -> None:
    answer = painted(script, batch_size=2, n_iter=2)
    info = json.loads(answer["info"])
    assert (len(answer["images"]), info["index_of_first_image"]) == (5, 1)
    assert len(info["infotexts"]) == 5
    grid, first = decoded(answer["images"][0]), decoded(answer["images"][1])
    assert (grid.width, grid.height) == (2 * first.width, 2 * first.height)
    alone = painted(script, batch_size=2, override_settings={"return_grid": False})
    assert len(alone["images"]) == 2
    assert json.loads(alone["info"])["index_of_first_image"] == 0


def test_no_pictures_are_sent_when_none_are_wanted(script: TestClient) -> None:
    answer = painted(script, send_images=False, batch_size=2)
    assert answer["images"] == []
    assert len(json.loads(answer["info"])["all_seeds"]) == 2


@pytest.mark.parametrize(
    ("format", "mark"), [("jpg", b"\xff\xd8"), ("webp", b"RIFF"), ("png", b"\x89PNG")]
)
def test_the_format_is_that_of_the_options(script: TestClient, format: str, mark: bytes) -> None:
    answer = painted(script, prompt="a fox", override_settings={"samples_format": format})
    data = base64.b64decode(answer["images"][0])
    assert data.startswith(mark)
    assert Image.decode(data).text.startswith("a fox\nSteps: 2")
    options = script.get("/sdapi/v1/options").json()
    assert options["samples_format"] == "png"


@pytest.mark.parametrize("format", ["jpg", "png"])
def test_pictures_tell_nothing_when_that_is_asked_for(script: TestClient, format: str) -> None:
    overrides = {"samples_format": format, "enable_pnginfo": False}
    answer = painted(script, prompt="a fox", batch_size=2, override_settings=overrides)
    assert len(answer["images"]) == 3
    for image in answer["images"]:
        assert Image.decode(base64.b64decode(image)).text == ""
    assert json.loads(answer["info"])["infotexts"][0].startswith("a fox")


def test_overrides_stay_when_that_is_asked_for(script: TestClient) -> None:
    kept = {
        "override_settings": {"jpeg_quality": 33},
        "override_settings_restore_afterwards": False,
    }
    painted(script, **kept)
    assert script.get("/sdapi/v1/options").json()["jpeg_quality"] == 33
    painted(script, override_settings={"jpeg_quality": 44})
    assert script.get("/sdapi/v1/options").json()["jpeg_quality"] == 33


def test_without_a_picture_to_paint_on_there_is_no_page(script: TestClient) -> None:
    for body in ({}, {"init_images": None}, {"init_images": []}):
        answer = script.post("/sdapi/v1/img2img", json=body)
        assert (answer.status_code, answer.json()["detail"]) == (404, "Init image not found")


def test_pictures_come_back_in_the_echo_only_when_asked(script: TestClient, sketch64: str) -> None:
    fields = {"init_images": [sketch64], "mask": sketch64}
    without = painted(script, "img2img", **fields)["parameters"]
    assert (without["init_images"], without["mask"]) == (None, None)
    assert set(without) == set(ImageToImage.model_fields)
    with_them = painted(script, "img2img", include_init_images=True, **fields)["parameters"]
    assert (with_them["init_images"], with_them["mask"]) == ([sketch64], sketch64)


@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,"])
def test_strength_is_told_of_painted_on_pictures(
    script: TestClient, sketch64: str, prefix: str
) -> None:
    answer = painted(script, "img2img", init_images=[prefix + sketch64], denoising_strength=0.5)
    info = json.loads(answer["info"])
    assert info["denoising_strength"] == 0.5
    assert "Denoising strength: 0.5" in info["infotexts"][0]
    assert json.loads(painted(script)["info"])["denoising_strength"] is None


def test_a_failure_of_the_work_is_told(script: TestClient, studio: Studio) -> None:
    answer = script.post("/sdapi/v1/txt2img", json={**SMALL, "prompt": "!fail", "n_iter": 3})
    assert answer.status_code == 422
    assert set(answer.json()) == {"error", "detail", "body", "errors"}
    assert not studio.jobs(states=("queued", "running"))


def test_what_does_not_validate_is_422(script: TestClient) -> None:
    answer = script.post("/sdapi/v1/txt2img", json={"steps": "many"})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("steps: ")


def test_pictures_are_in_the_gallery(script: TestClient, studio: Studio) -> None:
    before = len(studio.gallery.listing(limit=500))
    painted(script, batch_size=3, save_images=True)
    assert len(studio.gallery.listing(limit=500)) == before + 3
