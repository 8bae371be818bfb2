"""Names that lead out of a folder, at every call that takes a text: not a byte of them is read."""

from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from underpaint.studio.app import Studio

CANARY = "canary-7f3d"

NAMES = (
    "../etc/passwd",
    "../../../../../../etc/passwd",
    "..%2fetc%2fpasswd",
    "%2e%2e/etc/passwd",
    "%2e%2e%2fetc%2fpasswd",
    "..%252fetc%252fpasswd",
    "%252e%252e%252f",
    "..\\..\\windows\\win.ini",
    "..\\../etc/passwd",
    "....//etc/passwd",
    "....\\\\etc",
    "..;/etc/passwd",
    "/etc/passwd",
    "//etc/passwd",
    "///etc/passwd",
    "/./etc/passwd",
    "./../canary",
    "C:\\windows\\win.ini",
    "C:win.ini",
    "C:/windows/win.ini",
    "\\windows\\win.ini",
    "\\\\?\\C:\\windows\\win.ini",
    "\\\\.\\C:\\x",
    "\\\\srv\\share\\x",
    "//srv/share/x",
    "file:///etc/passwd",
    "FILE:///etc/passwd",
    "file://localhost/etc/passwd",
    "http://127.0.0.1/x",
    "a\0.png",
    "../canary\0.png",
    "%00",
    "a%00.png",
    "CON",
    "NUL",
    "aux.png",
    "COM1.txt",
    "LPT1",
    ".",
    "..",
    "...",
    " ",
    "%20",
    "\t",
    "\r\nSet-Cookie: a=b",
    "%0d%0aSet-Cookie:a=b",
    "a" * 4097,
    "../" * 300,
    "\u2024\u2024/etc/passwd",
    "\u2025/etc/passwd",
    "..\uff0fetc\uff0fpasswd",
    "..\u2215etc",
    "\u202egnp.x",
    "~root/.ssh/id_rsa",
    "~",
    "$HOME/x",
    "${HOME}",
    "`id`",
    "$(id)",
    "{{7*7}}",
    "%s%n%x",
    "x.png.",
    "x.png ",
    "outputs",
    "studio.sqlite",
    ".studio/studio.sqlite",
    "canary",
    "../canary",
    "link/canary",
    "<script>alert(1)</script>",
    'x" onerror=alert(1) .png',
    "\ufeff",
    "e\u0301" * 40,
)

BY_ID = (
    "/v1/gallery/{}",
    "/v1/gallery/{}/file",
    "/v1/gallery/{}/thumbnail",
    "/v1/gallery/{}/request",
    "/v1/gallery/{}/children",
    "/v1/jobs/{}",
    "/{}",
    "/file={}",
    "/static/{}",
)


@pytest.fixture
def canary(studio: Studio) -> None:
    """Put a file beside the outputs, in them, and behind a link in them."""
    outputs = studio.settings.outputs
    for folder in (outputs, outputs.parent):
        (folder / "canary").write_text(CANARY)
    if not (outputs / "link").exists():
        (outputs / "link").symlink_to(outputs.parent)


def test_there_are_enough() -> None:
    assert len(set(NAMES)) >= 60


@pytest.mark.usefixtures("canary")
@pytest.mark.parametrize("path", BY_ID)
def test_no_name_in_an_address_leads_anywhere(page: TestClient, path: str) -> None:
    for name in NAMES:
        answer = page.get(path.format(quote(name, safe="")))
        assert answer.status_code in (200, 404, 405, 422), (name, answer.status_code)
        said = answer.text
        assert CANARY not in said and "root:" not in said, name
        normalised = name in (".", "..")  # by the caller, before anything is sent
        assert answer.status_code != 200 or normalised, name
        assert "set-cookie" not in answer.headers


@pytest.mark.usefixtures("canary")
def test_no_name_in_a_body_leads_anywhere(page: TestClient, studio: Studio) -> None:
    before = {path for path in studio.settings.outputs.parent.rglob("canary")}
    for name in NAMES:
        bodies = {
            "/v1/jobs": {"request": {"model": name}},
            "/sdapi/v1/txt2img": {"override_settings": {"sd_model_checkpoint": f"x{name}"}},
            "/sdapi/v1/options": {"sd_model_checkpoint": f"x{name}", "outdir_samples": name},
            "/sdapi/v1/png-info": {"image": name},
            "/sdapi/v1/img2img": {"init_images": [name]},
            "/v1/images/generations": {"prompt": "a", "model": f"x{name}"},
        }
        for path, body in bodies.items():
            answer = page.post(path, json=body)
            assert 400 <= answer.status_code < 500, (path, name, answer.status_code)
            assert CANARY not in answer.text and "root:" not in answer.text
    assert before == {path for path in studio.settings.outputs.parent.rglob("canary")}


def test_no_answer_shows_where_pictures_are(page: TestClient, studio: Studio) -> None:
    page.post("/sdapi/v1/txt2img", json={"prompt": "a", "steps": 1})
    folder = str(Path(studio.settings.outputs))
    for path in ("/v1/gallery", "/v1/jobs", "/v1/health", "/metrics", "/sdapi/v1/cmd-flags"):
        assert folder not in page.get(path).text
    assert folder not in page.get("/v1/gallery/nothing/file").text
