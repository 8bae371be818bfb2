"""`sd-parsers` from PyPI reads every kind of file that we write."""

import base64
from pathlib import Path

import pytest
from sd_parsers import ParserManager
from starlette.testclient import TestClient


@pytest.mark.parametrize("kind", ["png", "jpg", "webp"])
@pytest.mark.parametrize("prompt", ["a fox", 'a fox, (storm:1.2): "really"\nin the rain'])
def test_every_field_is_read(script: TestClient, tmp_path: Path, kind: str, prompt: str) -> None:
    call = {
        "prompt": prompt,
        "negative_prompt": "people, cars",
        "steps": 9,
        "cfg_scale": 4.5,
        "seed": 77,
        "sampler_name": "DPM++ 2M Karras",
        "width": 64,
        "height": 128,
        "override_settings": {"samples_format": kind, "CLIP_stop_at_last_layers": 2},
    }
    answer = script.post("/sdapi/v1/txt2img", json=call)
    assert answer.status_code == 200, answer.text
    path = tmp_path / f"picture.{kind}"
    path.write_bytes(base64.b64decode(answer.json()["images"][0]))

    read = ParserManager().parse(path)
    assert read is not None
    assert [each.value for each in read.prompts] == [prompt]
    assert [each.value for each in read.negative_prompts] == ["people, cars"]
    [sampler] = read.samplers
    assert sampler.name == "DPM++ 2M"
    said = {key.lower(): str(value) for key, value in sampler.parameters.items()}
    assert (said["steps"], said["cfg_scale"], said["seed"]) == ("9", "4.5", "77")
    assert [model.name for model in read.models] == ["mini"]
    assert read.metadata["Size"] == "64x128"
    assert str(read.metadata["Clip skip"]) == "2"
