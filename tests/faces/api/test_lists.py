"""What there is to choose from."""

from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from underpaint import catalog
from underpaint.errors import CrashError
from underpaint.faces.api import kinds, lists
from underpaint.requests import _samplers
from underpaint.requests.image import ImageRequest
from underpaint.studio.app import Settings, Studio
from underpaint.studio.questions import Suited


def test_models_are_listed_as_openais_clients_know_lists(script: TestClient) -> None:
    told = script.get("/v1/models").json()
    assert told["object"] == "list"
    [mini] = told["data"]
    assert (mini["id"], mini["object"], mini["embedded"]) == ("mini", "model", True)
    assert "path" not in mini


def test_models_are_told_with_what_suits_them(
    script: TestClient, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {"mini": Suited("sd1", {"steps": 4})}
    monkeypatch.setattr(studio.worker, "models", lambda: known)
    [mini] = script.get("/v1/models").json()["data"]
    assert (mini["family"], mini["suits"]) == ("sd1", {"steps": 4})

    def dead() -> None:
        raise CrashError("it died")

    monkeypatch.setattr(studio.worker, "models", dead)
    [mini] = script.get("/v1/models").json()["data"]
    assert (mini["family"], mini["suits"]) == (None, {})


def test_adapters_and_embeddings_are_told_by_what_prompts_call_them(tmp_path: Path) -> None:
    for place in ("Lora/people/soft.safetensors", "embeddings/bad/hands.pt"):
        (tmp_path / place).parent.mkdir(parents=True)
        (tmp_path / place).write_bytes(b"")
    routes = lists.router(
        Studio(Settings(outputs=tmp_path / "o", models=(tmp_path,), engine="stub"))
    )
    app = FastAPI()
    app.include_router(routes)
    told = TestClient(app)
    assert told.get("/v1/adapters").json() == [
        {"name": "people/soft", "file": "people/soft.safetensors", "sha256": None}
    ]
    assert told.get("/v1/embeddings").json() == [
        {"name": "hands", "file": "bad/hands.pt", "sha256": None}
    ]


def test_files_that_requests_name_are_listed(tmp_path: Path) -> None:
    for place in ("ControlNet/canny.safetensors", "ESRGAN/sharp.pth", "VAE/clear.safetensors"):
        (tmp_path / place).parent.mkdir(parents=True)
        (tmp_path / place).write_bytes(b"")
    app = FastAPI()
    app.include_router(
        lists.router(Studio(Settings(outputs=tmp_path / "o", models=(tmp_path,), engine="stub")))
    )
    told = TestClient(app)
    assert [each["name"] for each in told.get("/v1/controlnets").json()] == ["canny"]
    upscalers = told.get("/v1/upscalers").json()
    assert {"id": "lanczos", "label": "Lanczos"} in upscalers
    assert upscalers[-1] == {"id": "sharp", "label": "sharp"}
    assert [each["id"] for each in told.get("/v1/autoencoders").json()] == [
        "automatic",
        "own",
        "clear",
    ]


def test_samplers_and_schedules_are_those_of_the_catalogue(script: TestClient) -> None:
    samplers = script.get("/v1/samplers").json()
    assert [each["id"] for each in samplers] == list(catalog.ids(_samplers.SAMPLERS))
    assert {"id": "dpmpp_2m", "label": "DPM++ 2M", "schedule": "karras"} in samplers
    schedules = script.get("/v1/schedules").json()
    assert {each["id"]: each["label"] for each in schedules} == dict(_samplers.SCHEDULES)


def test_every_request_has_its_schema(script: TestClient) -> None:
    told = script.get("/v1/schemas").json()
    assert set(told) == set(kinds.kinds())
    assert told["image"] == ImageRequest.json_schema()
    steps = told["image"]["properties"]["steps"]
    assert (steps["minimum"], steps["maximum"], steps["default"]) == (1, 150, 20)
    assert steps["description"]
