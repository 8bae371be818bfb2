"""The server as a whole."""

import json
import subprocess
import sys

import pytest
from starlette.testclient import TestClient

from tests.faces.conftest import TOKEN
from underpaint.faces._http.guard import Door
from underpaint.faces._http.server import PAGE, server
from underpaint.studio.app import Studio


def test_no_face_and_no_studio_needs_torch() -> None:
    code = (
        "import sys; from underpaint.faces._http import launch, server; "
        "heavy = {'torch', 'safetensors', 'tokenizers', 'transformers'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_description_has_every_call_once(script: TestClient) -> None:
    described = script.get("/openapi.json").json()
    names = [
        call["operationId"] for calls in described["paths"].values() for call in calls.values()
    ]
    assert len(names) == len(set(names)) > 70
    for path in (
        "/v1/jobs",
        "/sdapi/v1/txt2img",
        "/v1/images/edits",
        "/internal/progress",
        "/metrics",
    ):
        assert path in described["paths"]
    assert all(
        call.get("summary") for calls in described["paths"].values() for call in calls.values()
    )


def test_the_page_of_calls_has_no_script(script: TestClient) -> None:
    page = script.get("/docs")
    assert page.status_code == 200
    assert "/sdapi/v1/txt2img" in page.text and "<script" not in page.text


@pytest.mark.parametrize("path", ["/server-kill", "/server-stop"])
def test_callers_end_the_server_only_when_they_may(studio: Studio, path: str) -> None:
    ended: list[bool] = []
    for stop in (None, lambda: ended.append(True)):
        app = server(studio, Door(port=80, token=TOKEN), stop=stop)
        client = TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 1))
        answer = client.post(f"/sdapi/v1{path}")
        assert answer.status_code in ((404, 405) if stop is None else (200,))
    assert ended == [True]


def test_errors_have_one_shape(script: TestClient) -> None:
    for path, status in (("/nowhere", 404), ("/v1/jobs/none", 404), ("/v1/jobs/..", 404)):
        answer = script.get(path)
        assert answer.status_code == status
        assert set(json.loads(answer.text)) == {"error", "detail", "body", "errors"}


def test_the_page_comes_packed_to_those_who_take_it_so(page: TestClient) -> None:
    [script] = (PAGE / "assets").glob("*.js")
    answer = page.get(f"/assets/{script.name}", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.content == script.read_bytes()
    plain = page.get(f"/assets/{script.name}", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert plain.content == script.read_bytes()
