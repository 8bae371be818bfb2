"""The lists that clients ask for before they paint."""

import pytest
from starlette.testclient import TestClient

from underpaint import catalog
from underpaint.faces.a1111 import lists
from underpaint.faces.a1111.flags import FLAGS
from underpaint.requests import _samplers
from underpaint.studio.app import Studio
from underpaint.studio.styles import Style


def got(script: TestClient, path: str) -> list[dict[str, object]]:
    answer = script.get(f"/sdapi/v1/{path}")
    assert answer.status_code == 200
    return answer.json()


def test_samplers_are_those_of_the_catalogue(script: TestClient) -> None:
    told = got(script, "samplers")
    assert told[0]["name"] == "DPM++ 2M"
    assert {each["name"] for each in told} == {
        _samplers.label(id) for id in catalog.ids(_samplers.SAMPLERS)
    }
    assert all(set(each) == {"name", "aliases", "options"} for each in told)


def test_schedules_have_both_names(script: TestClient) -> None:
    told = got(script, "schedulers")
    assert [each["name"] for each in told] == list(_samplers.SCHEDULES)
    assert told[0]["label"] == "Automatic"
    karras = next(each for each in told if each["name"] == "karras")
    assert karras == {
        **{"name": "karras", "label": "Karras", "aliases": []},
        **{"default_rho": 7.0, "need_inner_model": False},
    }


def test_models_are_told_with_their_hashes(script: TestClient) -> None:
    [model] = got(script, "sd-models")
    assert set(model) == {"title", "model_name", "hash", "sha256", "filename", "config"}
    assert model["title"] == f"mini.safetensors [{model['hash']}]"
    assert str(model["sha256"]).startswith(str(model["hash"])) and len(str(model["sha256"])) == 64


def test_latent_upscalers_are_those_of_a1111(script: TestClient) -> None:
    assert len(got(script, "latent-upscale-modes")) == 6


@pytest.mark.parametrize("name", lists._EMPTY)
def test_what_is_not_here_is_an_empty_list(script: TestClient, name: str) -> None:
    assert got(script, name) == []


@pytest.mark.parametrize("name", lists._REFRESHES)
def test_looking_again_answers_null(script: TestClient, name: str) -> None:
    answer = script.post(f"/sdapi/v1/{name}")
    assert (answer.status_code, answer.json()) == (200, None)


@pytest.mark.parametrize("name", ["unload-checkpoint", "reload-checkpoint"])
def test_unloading_answers_an_object(script: TestClient, name: str) -> None:
    answer = script.post(f"/sdapi/v1/{name}")
    assert (answer.status_code, answer.json()) == (200, {})


def test_scripts_and_their_arguments_are_not_empty(script: TestClient) -> None:
    scripts = script.get("/sdapi/v1/scripts").json()
    assert scripts["txt2img"] and scripts["img2img"]
    for each in got(script, "script-info"):
        assert each["name"] in scripts["txt2img"]
        arguments = each["args"]
        assert isinstance(arguments, list) and arguments
        for argument in arguments:
            assert set(argument) == {"label", "value", "minimum", "maximum", "step", "choices"}
    sampler = got(script, "script-info")[0]["args"][1]  # pyright: ignore[reportIndexIssue]
    assert sampler["value"] == "DPM++ 2M" and "Euler a" in sampler["choices"]


def test_flags_are_told_and_passwords_are_not(script: TestClient) -> None:
    told = script.get("/sdapi/v1/cmd-flags").json()
    assert {name.removeprefix("--").replace("-", "_") for name in FLAGS} <= set(told)
    assert told["api_auth"] is None


def test_memory_is_told(script: TestClient) -> None:
    ram = script.get("/sdapi/v1/memory").json()["ram"]
    assert "error" in ram or ram["total"] == ram["free"] + ram["used"] > 0


def test_styles_are_told_with_what_they_add(script: TestClient, studio: Studio) -> None:
    studio.styles.keep(Style("ink", "ink, {prompt}", "colour"))
    try:
        assert got(script, "prompt-styles") == [
            {"name": "ink", "prompt": "ink, {prompt}", "negative_prompt": "colour"}
        ]
    finally:
        studio.styles.drop("ink")
