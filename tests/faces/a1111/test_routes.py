"""All of A1111's calls together."""

from fastapi import FastAPI
from starlette.testclient import TestClient

from underpaint.faces.a1111.routes import router
from underpaint.studio.app import Studio

CALLS = """
    txt2img img2img progress interrupt skip options cmd-flags unload-checkpoint reload-checkpoint
    refresh-checkpoints refresh-vae refresh-embeddings refresh-loras memory samplers schedulers
    upscalers latent-upscale-modes sd-models sd-vae sd-modules loras embeddings hypernetworks
    face-restorers realesrgan-models prompt-styles scripts script-info extensions png-info
    interrogate extra-single-image extra-batch-images
"""


def test_every_call_of_the_contract_is_there(studio: Studio) -> None:
    app = FastAPI()
    app.include_router(router(studio, {}))
    paths = set(app.openapi()["paths"])
    assert {f"/sdapi/v1/{name}" for name in CALLS.split()} <= paths
    for name in ("progress", "pending-tasks", "ping", "sysinfo", "quicksettings-hint"):
        assert f"/internal/{name}" in paths
    for name in ("version", "model_list", "module_list", "detect"):
        assert f"/controlnet/{name}" in paths
    assert "/sdapi/v1/server-stop" not in paths


def test_clients_that_look_for_gradio_find_an_empty_page(script: TestClient) -> None:
    config = script.get("/config").json()
    assert (config["components"], config["dependencies"]) == ([], [])
    assert script.get("/info").json() == {"named_endpoints": {}, "unnamed_endpoints": {}}
