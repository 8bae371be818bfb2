"""The gallery over HTTP."""

from collections.abc import Sequence

import pytest
from starlette.testclient import TestClient

from underpaint.media import Image
from underpaint.requests.image import ImageRequest
from underpaint.studio.app import Studio


@pytest.fixture(scope="module")
def painted(studio: Studio) -> Sequence[str]:
    """Paint four pictures; return their ids."""
    request = ImageRequest(prompt="a lighthouse in a storm", steps=2, batch=4, seed=5)
    return studio.wait(studio.submit(request).id, 20).pictures


def test_pictures_are_listed_page_by_page(page: TestClient, painted: Sequence[str]) -> None:
    first = page.get("/v1/gallery", params={"query": "lighthouse", "limit": 3}).json()
    rest = page.get(
        "/v1/gallery", params={"query": "lighthouse", "before": first[-1]["number"]}
    ).json()
    assert [each["id"] for each in [*first, *rest]] == list(reversed(painted))
    assert page.get("/v1/gallery", params={"query": "nobody"}).json() == []


def test_a_picture_is_told_and_sent(page: TestClient, painted: Sequence[str]) -> None:
    told = page.get(f"/v1/gallery/{painted[0]}").json()
    assert (told["kind"], told["index"], told["request"]["seed"]) == ("picture", 0, 5)
    assert told["text"].startswith("a lighthouse in a storm\nSteps: 2")
    assert "path" not in told and "stored" not in told
    file = page.get(f"/v1/gallery/{painted[0]}/file")
    assert Image.decode(file.content).text == told["text"]
    assert len(file.content) == told["bytes"]
    small = page.get(f"/v1/gallery/{painted[0]}/thumbnail", params={"side": 32})
    assert small.headers["content-type"] == "image/webp"
    assert max(Image.decode(small.content).width, Image.decode(small.content).height) == 32
    again = page.get(f"/v1/gallery/{painted[0]}/request").content
    assert ImageRequest.from_json(again).prompt == "a lighthouse in a storm"


def test_media_are_no_pages(page: TestClient, painted: Sequence[str]) -> None:
    for end in ("file", "thumbnail"):
        headers = page.get(f"/v1/gallery/{painted[0]}/{end}").headers
        assert headers["content-security-policy"].startswith("sandbox")
        assert headers["content-disposition"] == "inline"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"


def test_ten_thousand_ranges_are_no_work(page: TestClient, painted: Sequence[str]) -> None:
    ranges = {"Range": "bytes=" + ",".join("0-" for _ in range(10_000))}
    answer = page.get(f"/v1/gallery/{painted[0]}/file", headers=ranges)
    assert answer.status_code < 500
    assert len(answer.content) < 10**6


def test_pictures_are_starred_and_tagged(page: TestClient, painted: Sequence[str]) -> None:
    id = painted[1]
    assert page.put(f"/v1/gallery/{id}/star", json={}).json()["starred"] is True
    assert page.post(f"/v1/gallery/{id}/tags", json={"tag": "storms"}).json()["tags"] == ["storms"]
    assert page.get("/v1/gallery/tags").json() == {"storms": 1}
    for narrowed in ({"starred": True}, {"tag": "storms"}, {"query": "storms"}):
        assert [each["id"] for each in page.get("/v1/gallery", params=narrowed).json()] == [id]
    assert page.delete(f"/v1/gallery/{id}/tags", params={"tag": "storms"}).json()["tags"] == []
    assert page.put(f"/v1/gallery/{id}/star", json={"starred": False}).json()["starred"] is False


def test_pictures_are_deleted_and_brought_back(page: TestClient, painted: Sequence[str]) -> None:
    id = painted[2]
    assert page.delete(f"/v1/gallery/{id}").json()["deleted"] > 0
    assert id not in [each["id"] for each in page.get("/v1/gallery").json()]
    deleted = page.get("/v1/gallery", params={"deleted": True}).json()
    assert [each["id"] for each in deleted] == [id]
    assert page.post(f"/v1/gallery/{id}/restore").json()["deleted"] is None


def test_what_was_made_from_what(page: TestClient, studio: Studio, sketch: Image) -> None:
    headers = {"Content-Type": "image/png"}
    kept = page.post("/v1/gallery/sketches", content=sketch.png(), headers=headers)
    assert (kept.status_code, kept.json()["kind"]) == (201, "sketch")
    same = page.post("/v1/gallery/sketches", content=sketch.webp(100), headers=headers)
    assert same.status_code == 201
    id = kept.json()["id"]
    body = {"request": {"steps": 2, "batch": 1}, "inputs": {"init": id}}
    job = studio.wait(page.post("/v1/jobs", json=body).json()["id"], 20)
    [child] = page.get(f"/v1/gallery/{id}/children").json()
    assert child["id"] == job.pictures[0]
    assert [each["id"] for each in page.get(f"/v1/gallery/{child['id']}/ancestors").json()] == [id]


@pytest.mark.parametrize(
    ("call", "status"),
    [
        ("/v1/gallery/none", 404),
        ("/v1/gallery/none/file", 404),
        ("/v1/gallery/none/children", 404),
        ("/v1/gallery/a.b", 422),
        ("/v1/gallery?limit=501", 422),
        ("/v1/gallery?kind=other", 422),
        ("/v1/gallery/none/thumbnail?side=15", 422),
    ],
)
def test_what_is_not_there_is_told(page: TestClient, call: str, status: int) -> None:
    assert page.get(call).status_code == status


def test_a_picture_that_is_too_large_is_refused(page: TestClient) -> None:
    answer = page.post("/v1/gallery/sketches", content=b"\x89PNG" + b"0" * (20 * 2**20))
    assert answer.status_code == 413
