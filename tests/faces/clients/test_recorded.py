"""What programs of other people send, replayed: SillyTavern, Open WebUI, Auto-Photoshop, LibreChat.

Their bodies were written down from how those programs are known to talk; each asks, in order, what
its program asks from "connect" to the picture, and looks at what its program looks at.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest
from starlette.testclient import TestClient

from underpaint.media import Image

EMPTY_BASIC = {"Authorization": f"Basic {base64.b64encode(b':').decode()}"}


def said(answer: Any) -> Any:  # noqa: ANN401
    assert answer.status_code == 200, answer.text
    return answer.json()


def picture(text: str) -> Image:
    return Image.decode(base64.b64decode(text, validate=True))


# SillyTavern ---------------------------------------------------------------------------------


def test_sillytavern_connects(script: TestClient) -> None:
    options = said(script.get("/sdapi/v1/options", headers=EMPTY_BASIC))
    assert isinstance(options["sd_model_checkpoint"], str)
    assert "forge_preset" not in options
    upscalers = [each["name"] for each in said(script.get("/sdapi/v1/upscalers"))]
    latent = [each["name"] for each in said(script.get("/sdapi/v1/latent-upscale-modes"))]
    assert upscalers[0] == "None" and len(latent) == 6
    assert isinstance(said(script.get("/sdapi/v1/sd-vae")), list)
    assert isinstance(said(script.get("/sdapi/v1/sd-modules")), list)
    for name in ("samplers", "schedulers"):
        assert all(each["name"] for each in said(script.get(f"/sdapi/v1/{name}")))
    assert all(each["title"] for each in said(script.get("/sdapi/v1/sd-models")))


def test_sillytavern_sets_its_model(script: TestClient) -> None:
    title = said(script.get("/sdapi/v1/sd-models"))[0]["title"]
    changed = script.post(
        "/sdapi/v1/options", json={"sd_model_checkpoint": title}, headers=EMPTY_BASIC
    )
    assert said(changed) is None
    progress = said(script.get("/sdapi/v1/progress"))
    assert progress["progress"] == 0 and progress["state"]["job_count"] == 0
    assert said(script.get("/sdapi/v1/options"))["sd_model_checkpoint"] == title


SILLYTAVERN: Mapping[str, Any] = {
    "url": "http://127.0.0.1:7860",
    "auth": "",
    "prompt": "best quality, masterpiece, a fox in the rain",
    "negative_prompt": "lowres, bad anatomy",
    "sampler_name": "Euler a",
    "scheduler": "Automatic",
    "steps": 4,
    "cfg_scale": 7,
    "width": 64,
    "height": 64,
    "restore_faces": False,
    "enable_hr": False,
    "hr_upscaler": "Latent",
    "hr_scale": 2,
    "hr_additional_modules": [],
    "denoising_strength": 0.7,
    "hr_second_pass_steps": 0,
    "seed": -1,
    "override_settings": {
        "CLIP_stop_at_last_layers": 1,
        "sd_vae": "Automatic",
        "forge_additional_modules": [],
    },
    "override_settings_restore_afterwards": True,
    "clip_skip": 1,
    "save_images": True,
    "send_images": True,
    "do_not_save_grid": False,
    "do_not_save_samples": False,
}


def test_sillytavern_paints(script: TestClient) -> None:
    answer = said(script.post("/sdapi/v1/txt2img", json=SILLYTAVERN, headers=EMPTY_BASIC))
    assert picture(answer["images"][0]).text
    assert said(script.post("/sdapi/v1/interrupt", headers=EMPTY_BASIC)) == {}


def test_sillytavern_with_a_face_detailer_is_told(script: TestClient) -> None:
    detailer = {"ADetailer": {"args": [True, True, {"ad_model": "face_yolov8n.pt"}]}}
    answer = script.post("/sdapi/v1/txt2img", json={**SILLYTAVERN, "alwayson_scripts": detailer})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("always on script ADetailer not found")


# Open WebUI ----------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [EMPTY_BASIC, {}, {"authorization": ""}])
def test_open_webui_connects_and_sets_its_model(
    script: TestClient, headers: Mapping[str, str]
) -> None:
    options = said(script.get("/sdapi/v1/options", headers=headers))
    [model, *_] = said(script.get("/sdapi/v1/sd-models", headers=headers))
    assert model["title"] and model["model_name"]
    options["sd_model_checkpoint"] = model["title"]
    assert said(script.post("/sdapi/v1/options", json=options, headers=headers)) is None


def test_open_webui_paints_by_a1111(script: TestClient) -> None:
    body = {"prompt": "a fox", "batch_size": 2, "width": 64, "height": 64, "steps": 4}
    body |= {
        "negative_prompt": "people",
        "cfg_scale": 7,
        "sampler_name": "DPM++ 2M",
        "scheduler": "Karras",
    }
    answer = said(script.post("/sdapi/v1/txt2img", json=body, headers=EMPTY_BASIC))
    assert len([picture(each) for each in answer["images"]]) == 3
    assert json.loads(answer["info"])["infotexts"]


def test_open_webui_paints_by_openai(script: TestClient) -> None:
    body = {
        "model": "dall-e-2",
        "prompt": "a fox",
        "n": 2,
        "size": "64x64",
        "response_format": "b64_json",
    }
    headers = {"Authorization": "Bearer sk-anything"}
    answer = said(script.post("/v1/images/generations", json=body, headers=headers))
    assert len([picture(each["b64_json"]) for each in answer["data"]]) == 2


def test_open_webui_edits_by_openai(script: TestClient, sketch: Image) -> None:
    data = {"model": "gpt-image-1", "prompt": "a fox", "n": "1", "size": "64x64"}
    files = {"image": ("image.png", sketch.png(), "image/png")}
    headers = {"Authorization": "Bearer sk-anything"}
    answer = said(script.post("/v1/images/edits", data=data, files=files, headers=headers))
    assert picture(answer["data"][0]["b64_json"]).text


# Auto-Photoshop-StableDiffusion-Plugin -------------------------------------------------------

PHOTOSHOP: Mapping[str, Any] = {
    "prompt": "a fox",
    "negative_prompt": "people",
    "steps": 4,
    "n_iter": 1,
    "sampler_index": "Euler a",
    "width": 64,
    "height": 64,
    "denoising_strength": 0.7,
    "batch_size": 1,
    "cfg_scale": 7,
    "seed": "-1",
    "mask_content": 1,
    "use_sharp_mask": False,
    "hr_resize_x": 0,
    "hr_resize_y": 0,
    "hr_denoising_strength": 0.7,
    "hr_scale": 2,
    "hr_upscaler": "Latent",
    "hr_second_pass_steps": 0,
    "enable_hr": False,
    "mode": "txt2img",
    "selection_info": {"left": 0, "right": 64, "top": 0, "bottom": 64},
    "uniqueDocumentId": "a-document",
    "script_args": [],
    "disableControlNetTab": True,
    "alwayson_scripts": {
        "controlnet": {"args": [{"enabled": False, "module": "none", "model": ""}]}
    },
}


def test_photoshop_asks_paints_and_reads_back(script: TestClient, sketch64: str) -> None:
    assert said(script.get("/sdapi/v1/progress?skip_current_image=false"))["progress"] == 0
    assert said(script.get("/sdapi/v1/samplers"))
    changes = {"inpainting_mask_weight": 1.0}
    assert said(script.post("/sdapi/v1/options", json=changes)) is None

    for path, more in {
        "txt2img": {},
        "img2img": {
            "init_images": [sketch64],
            "mask": sketch64,
            "inpainting_fill": 1,
            "inpaint_full_res": False,
            "inpaint_full_res_padding": 0,
            "inpainting_mask_invert": 0,
            "mask_blur": 0,
            "mask_expansion": 0,
        },
    }.items():
        answer = said(script.post(f"/sdapi/v1/{path}", json={**PHOTOSHOP, **more}))
        for image in answer["images"]:
            told = said(
                script.post("/sdapi/v1/png-info", json={"image": f"data:image/png;base64,{image}"})
            )
            assert told["info"].rsplit("\n", 1)[1].startswith("Steps: 4, Sampler: Euler a")


def test_photoshop_enlarges(script: TestClient, sketch64: str) -> None:
    body = {"resize_mode": 0, "show_extras_results": 0, "gfpgan_visibility": 0, "image": sketch64}
    body |= {"codeformer_visibility": 0, "codeformer_weight": 0, "upscaling_resize": "2"}
    body |= {"upscaling_resize_w": 512, "upscaling_resize_h": 512, "upscaling_crop": True}
    body |= {"upscaler_1": "Lanczos", "upscaler_2": "None", "extras_upscaler_2_visibility": 0}
    answer = said(script.post("/sdapi/v1/extra-single-image", json=body))
    assert (picture(answer["image"]).width, picture(answer["image"]).height) == (192, 128)


# LibreChat -----------------------------------------------------------------------------------


def test_librechat_paints(script: TestClient) -> None:
    body = {
        "prompt": "a fox, detailed",
        "negative_prompt": "semi-realistic, cgi",
        "cfg_scale": 4.5,
        "steps": 22,
        "width": 64,
        "height": 64,
    }
    answer = said(script.post("/sdapi/v1/txt2img", json=body))
    info = json.loads(answer["info"])
    assert picture(answer["images"][0]).text == info["infotexts"][0]
    assert {"prompt", "seed", "all_seeds"} <= set(info)
