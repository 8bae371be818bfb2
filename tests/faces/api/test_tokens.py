"""How long prompts are, over HTTP; the stub counts words."""

from starlette.testclient import TestClient

from underpaint.studio.app import Studio
from underpaint.studio.styles import Style


def test_both_prompts_are_counted(page: TestClient) -> None:
    told = page.post("/v1/tokens", json={"prompt": "a red fox", "negative": "rain"})
    assert told.json() == {"room": 75, "prompt": [3], "negative": [1]}


def test_styles_count_too(page: TestClient, studio: Studio) -> None:
    studio.styles.keep(Style("long", "{prompt} in the deep wood", ""))
    try:
        told = page.post("/v1/tokens", json={"prompt": "a fox", "styles": ["long"]})
        assert told.json()["prompt"] == [6]
    finally:
        studio.styles.drop("long")


def test_what_is_too_long_is_refused(page: TestClient) -> None:
    assert page.post("/v1/tokens", json={"prompt": "x" * 20_000}).status_code == 422
    assert page.post("/v1/tokens", json={"prompt": "é" * 10_000}).status_code == 422
