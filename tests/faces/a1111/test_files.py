"""Files that clients choose among, as A1111 lists them."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from underpaint.errors import DeadlineError
from underpaint.faces.a1111 import files
from underpaint.studio.app import Settings, Studio
from underpaint.studio.questions import Embedding


@pytest.fixture
def stocked(tmp_path: Path) -> Studio:
    """Return a studio with files of every kind; it does not run."""
    for place in ("Lora/people/soft.safetensors", "embeddings/hands.pt", "VAE/fine.vae.pt"):
        (tmp_path / place).parent.mkdir(parents=True)
        (tmp_path / place).write_bytes(b"")
    return Studio(Settings(outputs=tmp_path / "o", models=(tmp_path,), engine="stub"))


@pytest.fixture
def script(stocked: Studio) -> TestClient:
    app = FastAPI()
    app.include_router(files.router(stocked))
    return TestClient(app)


def test_adapters_have_the_names_that_prompts_and_trainers_use(
    script: TestClient, stocked: Studio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def remarks(kind: str) -> Mapping[str, Mapping[str, str]]:
        assert kind == "loras"
        return {"people/soft": {"ss_output_name": "softness"}}

    monkeypatch.setattr(stocked.worker, "remarks", remarks)
    assert script.get("/sdapi/v1/loras").json() == [
        {
            "name": "soft",
            "alias": "softness",
            "path": str(tmp_path / "Lora/people/soft.safetensors"),
            "metadata": {"ss_output_name": "softness"},
        }
    ]


def test_a_worker_that_does_not_answer_keeps_nobody_from_the_list(
    script: TestClient, stocked: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(_: str) -> Mapping[str, Mapping[str, str]]:
        raise DeadlineError("late")

    monkeypatch.setattr(stocked.worker, "remarks", late)
    monkeypatch.setattr(stocked.worker, "embeddings", late)
    [lora] = script.get("/sdapi/v1/loras").json()
    assert (lora["name"], lora["alias"], lora["metadata"]) == ("soft", "soft", {})
    assert script.get("/sdapi/v1/embeddings").json() == {"loaded": {}, "skipped": {}}


def test_embeddings_are_told_apart_by_whether_the_model_reads_them(
    script: TestClient, stocked: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = {"step": "100", "sd_checkpoint": "cc6cb27103", "sd_checkpoint_name": "v1-5"}
    known = {
        "hands": Embedding(((4, 768),), trained, fits=True),
        "broken": Embedding((), {}, fits=False),
    }
    monkeypatch.setattr(stocked.worker, "embeddings", lambda model: known)
    told = script.get("/sdapi/v1/embeddings").json()
    assert told["loaded"] == {"hands": {**trained, "step": 100, "shape": 768, "vectors": 4}}
    assert told["skipped"]["broken"]["vectors"] == 0


def test_autoencoders_are_told_by_their_files(script: TestClient, tmp_path: Path) -> None:
    assert script.get("/sdapi/v1/sd-vae").json() == [
        {"model_name": "fine.vae.pt", "filename": str(tmp_path / "VAE/fine.vae.pt")}
    ]


def test_upscalers_begin_with_none_and_go_on_with_files(script: TestClient, tmp_path: Path) -> None:
    for place in ("ESRGAN/4x-UltraSharp.pth", "RealESRGAN/RealESRGAN_x2plus.pth"):
        (tmp_path / place).parent.mkdir(parents=True)
        (tmp_path / place).write_bytes(b"")
    told = script.get("/sdapi/v1/upscalers").json()
    names = ["None", "Lanczos", "Nearest", "4x-UltraSharp", "R-ESRGAN 2x+"]
    assert [each["name"] for each in told] == names
    assert {tuple(each) for each in told} == {tuple(told[0])}
    assert set(told[0]) == {"name", "model_name", "model_path", "model_url", "scale"}
    assert told[3]["model_name"] == "4x-UltraSharp.pth"
    place = str(tmp_path / "RealESRGAN" / "RealESRGAN_x2plus.pth")
    assert script.get("/sdapi/v1/realesrgan-models").json() == [
        {"name": "R-ESRGAN 2x+", "path": place, "scale": 2}
    ]
