"""All of A1111's calls together."""

from fastapi import FastAPI

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
