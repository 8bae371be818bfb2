"""The extension for ControlNet: its lists, its units as clients send them, its pictures."""

# The types that webuiapi states are narrower than what it takes.
# pyright: reportArgumentType=false

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy
import PIL.Image
import pytest
from starlette.testclient import TestClient
from webuiapi import ControlNetUnit

from tests.faces.conftest import BASE, TOKEN
from underpaint.errors import RequestError
from underpaint.faces._http.guard import Door
from underpaint.faces._http.server import server
from underpaint.faces.a1111.controlnet import controls
from underpaint.faces.a1111.payload import ImageToImage, TextToImage
from underpaint.media import Image
from underpaint.preprocessors._making import made
from underpaint.requests._controls import Control
from underpaint.studio.app import Settings, Studio
from underpaint.weights import hashes


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of A1111's with two ControlNets, which nobody opens here."""
    folder = tmp_path_factory.mktemp("models")
    for name in ("control_v11p_sd15_canny", "xl/depth"):
        path = folder / "ControlNet" / f"{name}.safetensors"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return folder


@pytest.fixture(scope="module")
def client(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    outputs = tmp_path_factory.mktemp("outputs")
    settings = Settings(outputs=outputs, models=(models,), engine="stub")
    with Studio(settings) as studio:
        app = server(studio, Door(port=7860, token=TOKEN))
        yield TestClient(app, base_url=BASE, client=("127.0.0.1", 50_000))


def said(client: TestClient, name: str) -> Any:  # noqa: ANN401
    return client.get(f"/controlnet/{name}").json()


def test_what_clients_look_for_is_there(client: TestClient) -> None:
    assert said(client, "version") == {"version": 3}
    assert said(client, "settings") == {"control_net_unit_count": 10}
    assert "controlnet" in client.get("/sdapi/v1/scripts").json()["txt2img"]


def test_models_are_named_with_their_hashes(client: TestClient, models: Path) -> None:
    path = models / "ControlNet" / "control_v11p_sd15_canny.safetensors"
    titles = said(client, "model_list")["model_list"]
    assert titles[0] == f"control_v11p_sd15_canny [{hashes.legacy(path)}]"
    assert titles[1].startswith("xl/depth [")


def test_modules_are_named_in_short_and_in_full(client: TestClient) -> None:
    told = said(client, "module_list")
    assert told["module_list"][0] == "none"
    assert {"canny", "scribble_xdog", "invert", "lineart_standard"} <= set(told["module_list"])
    sliders = told["module_detail"]["canny"]["sliders"]
    assert [each["name"] for each in sliders] == [
        "Preprocessor Resolution",
        "Low Threshold",
        "High Threshold",
    ]
    assert sliders[1] == {"name": "Low Threshold", "value": 100, "min": 1, "max": 255, "step": 1}
    in_full = said(client, "module_list?alias_names=true")["module_list"]
    assert "invert (from white bg & black line)" in in_full


def test_kinds_of_control_have_their_modules_and_models(client: TestClient) -> None:
    types = said(client, "control_types")["control_types"]
    assert len(types["All"]["model_list"]) == 3
    assert types["All"]["default_model"] == "None"
    assert types["Canny"]["module_list"] == ["canny", "none"]
    assert types["Canny"]["default_model"].startswith("control_v11p_sd15_canny [")
    assert types["Depth"]["default_option"] == "none"
    assert types["Scribble"]["model_list"] == ["None"]


# Control pictures.


def test_control_pictures_are_made_at_the_resolution_asked_for(
    client: TestClient, sketch: Image, sketch64: str
) -> None:
    body = {"controlnet_module": "scribble_xdog", "controlnet_input_images": [sketch64] * 2}
    body |= {"controlnet_processor_res": 128, "controlnet_threshold_a": 16}
    answer = client.post("/controlnet/detect", json=body).json()
    assert answer["info"] == "Success"
    assert len(answer["images"]) == 2
    wanted = made(sketch.resized(192, 128), "scribble", 16.0)
    assert Image.decode(base64.b64decode(answer["images"][0])) == wanted


def test_without_a_module_a_picture_stays_as_it_is(
    client: TestClient, sketch: Image, sketch64: str
) -> None:
    body = {"controlnet_images": [sketch64], "controlnet_threshold_a": 64}
    (found,) = client.post("/controlnet/detect", json=body).json()["images"]
    assert Image.decode(base64.b64decode(found)) == sketch


def test_a_module_that_is_not_here_is_told(client: TestClient, sketch64: str) -> None:
    body = {"controlnet_module": "depth_midas", "controlnet_input_images": [sketch64]}
    answer = client.post("/controlnet/detect", json=body)
    assert answer.status_code == 422
    assert "no 'depth_midas' in preprocessors; there are: none" in answer.json()["detail"]


# Units.


def asked(*units: object, name: str = "ControlNet", **more: object) -> tuple[Control, ...]:
    scripts = {name: {"args": list(units)}}
    return controls(TextToImage.model_validate({"alwayson_scripts": scripts, **more}))


def test_a_unit_of_webuiapi_is_understood(sketch: Image) -> None:
    drawn = PIL.Image.open(io.BytesIO(sketch.png()))
    unit = ControlNetUnit(
        image=drawn,
        module="canny",
        model="control_v11p_sd15_canny [d14c016b]",
        weight=0.8,
        control_mode=2,
        guidance_start=0.1,
        guidance_end=0.9,
        threshold_a=50,
        threshold_b=150,
    ).to_dict()
    assert asked(unit) == (
        Control(
            picture=sketch,
            model="control_v11p_sd15_canny [d14c016b]",
            preprocessor="canny",
            weight=0.8,
            mode="control",
            resize="fill",
            start=0.1,
            end=0.9,
            threshold_a=50.0,
            threshold_b=150.0,
        ),
    )


RECORDED = {
    "batch_images": "",
    "control_mode": "Balanced",
    "enabled": True,
    "guidance_end": 1,
    "guidance_start": 0,
    "image": {"image": "", "mask": None},
    "input_mode": "simple",
    "is_ui": True,
    "low_vram": False,
    "model": "control_v11f1p_sd15_depth",
    "module": "none",
    "output_dir": "",
    "pixel_perfect": False,
    "processor_res": -1,
    "resize_mode": "Crop and Resize",
    "save_detected_map": True,
    "threshold_a": -1,
    "threshold_b": -1,
    "weight": 1,
}
"""A unit as the extension's own form sends it."""


def test_a_recorded_unit_is_understood(sketch: Image, sketch64: str) -> None:
    uri = f"data:image/png;base64,{sketch64}"
    unit = {**RECORDED, "image": {"image": uri, "mask": black()}}
    wanted = Control(picture=sketch, model="control_v11f1p_sd15_depth")
    assert asked(unit, {**RECORDED, "enabled": False}, name="controlnet") == (wanted,)
    assert asked({**RECORDED, "image": None, "input_image": sketch64}) == (wanted,)


def black() -> str:
    return base64.b64encode(Image.of(numpy.zeros((4, 4), numpy.uint8)).png()).decode()


@pytest.mark.parametrize(
    ("given", "field", "value"),
    [
        ({"control_mode": ["My prompt is more important"]}, "mode", "prompt"),
        ({"control_mode": 1}, "mode", "prompt"),
        ({"control_mode": "2"}, "mode", "control"),
        ({"resize_mode": 0}, "resize", "stretch"),
        ({"resize_mode": "Envelope (Outer Fit)"}, "resize", "fill"),
        ({"module": "Canny", "threshold_a": 64}, "threshold_a", 64.0),
        ({"module": "none", "threshold_a": 64}, "threshold_a", None),
        ({"weight": "0.5"}, "weight", 0.5),
        ({"model": ""}, "model", "None"),
    ],
)
def test_values_come_in_many_forms(
    sketch64: str, given: dict[str, Any], field: str, value: object
) -> None:
    (control,) = asked({"image": sketch64, "model": "m", **given})
    assert getattr(control, field) == value


@pytest.mark.parametrize(
    "units", [[], [False], [{}], [{"enabled": False, "model": "m"}], [{"module": "canny"}], "x"]
)
def test_forms_left_empty_ask_for_nothing(units: object) -> None:
    payload = TextToImage.model_validate({"alwayson_scripts": {"ControlNet": {"args": units}}})
    assert controls(payload) == ()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"weight": 3}, r"unit 1: weight is 3\.0; it must be between 0 and 2"),
        ({"weight": "x"}, r"unit 1: weight: Input should be"),
        ({"module": "depth_midas"}, "unit 1: no 'depth_midas' in preprocessors"),
        ({"control_mode": 7}, "unit 1: no '7' in control modes"),
        ({"image": "%"}, "unit 1: image is not a picture in base64"),
        ({"guidance_start": 1, "guidance_end": 0}, "unit 1: a control's start is 1"),
    ],
)
def test_what_a_unit_cannot_be_is_told(sketch64: str, given: dict[str, Any], words: str) -> None:
    with pytest.raises(RequestError, match=f"ControlNet {words}"):
        asked({}, {"image": sketch64, "model": "m", **given})


def test_masks_and_single_passes_are_refused(sketch64: str) -> None:
    unit = {"image": sketch64, "model": "m"}
    with pytest.raises(RequestError, match="mask is given; a ControlNet leads the whole"):
        asked({**unit, "mask": sketch64})
    low = {**unit, "hr_option": "Low res only"}
    assert len(asked(low)) == 1
    with pytest.raises(RequestError, match="hr_option is 'Low res only'; it must be 'Both'"):
        asked(low, enable_hr=True)


def test_over_a_picture_that_picture_leads() -> None:
    scripts = {"ControlNet": {"args": [{"model": "m"}]}}
    payload = ImageToImage.model_validate({"alwayson_scripts": scripts, "init_images": ["x"]})
    assert controls(payload) == (Control(model="m", resize="crop"),)


def test_a_call_is_led_and_its_text_says_so(client: TestClient, sketch64: str) -> None:
    unit = {"image": sketch64, "model": "control_v11p_sd15_canny", "module": "canny"}
    body = {"prompt": "a fox", "width": 64, "height": 64, "steps": 2}
    body["alwayson_scripts"] = {"ControlNet": {"args": [unit]}}
    answer = client.post("/sdapi/v1/txt2img", json=body)
    assert answer.status_code == 200, answer.text
    assert 'ControlNet 0: "Module: canny, Model: control_v11p' in (
        Image.decode(base64.b64decode(answer.json()["images"][0])).text
    )
    body["alwayson_scripts"] = {"ControlNet": {"args": [{**unit, "image": ""}]}}
    refused = client.post("/sdapi/v1/txt2img", json=body)
    assert refused.status_code == 422
    assert "has no picture; give the one that" in refused.json()["detail"]
