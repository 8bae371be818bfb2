"""Styles over HTTP: kept, put on a job's prompts, dropped."""

import pytest
from starlette.testclient import TestClient

from underpaint.studio.app import Studio

INK = {"name": "ink", "prompt": "ink, {prompt}", "negative": "colour"}


def test_a_style_is_kept_used_and_dropped(page: TestClient, studio: Studio) -> None:
    assert page.put("/v1/styles", json=INK).json() == INK
    assert page.get("/v1/styles").json() == [INK]
    order = {"request": {"prompt": "a fox", "batch": 1, "steps": 1}, "styles": ["ink"]}
    job = page.post("/v1/jobs", json=order).json()
    assert (job["request"]["prompt"], job["request"]["negative"]) == ("ink, a fox", "colour")
    assert studio.wait(job["id"], 20).state == "done"

    assert page.put("/v1/styles", json=INK | {"prompt": "pen"}).json()["prompt"] == "pen"
    assert page.delete("/v1/styles", params={"name": "ink"}).status_code == 204
    assert page.get("/v1/styles").json() == []


@pytest.mark.parametrize("name", ["", "#x", "a\nb", "x" * 300])
def test_a_name_that_cannot_be_kept_is_refused(page: TestClient, name: str) -> None:
    assert page.put("/v1/styles", json={"name": name}).status_code == 422


def test_a_style_that_is_not_there_is_refused_by_name(page: TestClient) -> None:
    gone = page.delete("/v1/styles", params={"name": "oil"})
    asked = page.post("/v1/jobs", json={"request": {}, "styles": ["oil"]})
    for answer in (gone, asked):
        assert answer.status_code == 422
        assert answer.json()["detail"] == "no 'oil' in styles; there are: none"
