"""Jobs over HTTP."""

import base64
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.faces.conftest import BASE, TOKEN
from underpaint.errors import RequestError
from underpaint.faces._http.guard import Door
from underpaint.faces._http.server import server
from underpaint.faces.api.jobs import requested
from underpaint.media import Image
from underpaint.studio.app import Settings, Studio

SLOW = {"prompt": "!slow=0.1", "steps": 100, "batch": 1}


def ordered(page: TestClient, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    answer = page.post("/v1/jobs", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/v1/jobs/{answer.json()['id']}"
    return answer.json()


def test_a_job_is_asked_for_and_becomes_pictures(page: TestClient, studio: Studio) -> None:
    job = ordered(page, {"request": {"prompt": "a fox", "batch": 2, "seed": 7}})
    assert (job["kind"], job["state"] in ("queued", "running")) == ("image", True)
    assert job["request"]["seed"] == 7
    studio.wait(job["id"], 20)
    over = page.get(f"/v1/jobs/{job['id']}").json()
    assert (over["state"], len(over["pictures"]), over["error"]) == ("done", 2, None)
    assert set(over) == set(job)


def test_a_picture_of_the_gallery_is_enlarged(page: TestClient, studio: Studio) -> None:
    job = ordered(page, {"request": {"prompt": "a fox", "batch": 1, "width": 64, "height": 64}})
    [small] = studio.wait(job["id"], 20).pictures
    wanted = {"kind": "upscale", "request": {"scale": 3}, "inputs": {"init": small}}
    over = studio.wait(ordered(page, wanted)["id"], 20)
    assert (over.kind, over.state, over.parent) == ("upscale", "done", small)
    [large] = over.pictures
    told = page.get(f"/v1/gallery/{large}").json()
    assert (told["width"], told["parent"], told["inputs"]) == (192, small, {"init": small})
    assert told["request"]["scale"] == 3
    assert studio.gallery.request(large) == studio.request(over.id)
    assert large in [picture.id for picture in studio.gallery.listing("fox")]
    missing = page.post("/v1/jobs", json={"kind": "upscale", "request": {}})
    assert (missing.status_code, missing.json()["detail"].split(";")[0]) == (422, "init is missing")


def test_a_grid_and_a_loopback_are_kinds_of_work(page: TestClient, studio: Studio) -> None:
    plain = {"prompt": "a fox", "width": 64, "height": 64, "steps": 1}
    asked = ordered(page, {"kind": "grid", "request": plain | {"x": "steps: 1-2"}})
    grid = studio.wait(asked["id"], 20)
    assert (grid.kind, grid.state, len(grid.pictures)) == ("grid", "done", 3)
    told = [page.get(f"/v1/gallery/{id}").json()["request"] for id in grid.pictures]
    assert [one["steps"] for one in told[:2]] == [1, 2]
    assert (told[2]["x"], told[2]["sheet_only"]) == ("steps: 1-2", True)

    wanted = {
        "kind": "loopback",
        "request": plain | {"loops": 2},
        "inputs": {"init": grid.pictures[0]},
    }
    again = studio.wait(ordered(page, wanted)["id"], 20)
    assert (again.state, len(again.pictures), again.parent) == ("done", 2, grid.pictures[0])
    refused = page.post("/v1/jobs", json={"kind": "loopback", "request": plain})
    assert refused.status_code == 422


def test_the_same_key_is_the_same_job(page: TestClient) -> None:
    body = {"request": {"prompt": "once"}}
    one, other = (ordered(page, body, **{"Idempotency-Key": "k1"}) for _ in range(2))
    assert one["id"] == other["id"]
    changed = page.post(
        "/v1/jobs", json={"request": {"prompt": "twice"}}, headers={"Idempotency-Key": "k1"}
    )
    assert changed.status_code == 409
    mine = ordered(page, body, **{"Idempotency-Key": "k1", "X-Underpaint-Client": "me"})
    assert mine["id"] != one["id"]


def test_jobs_are_listed_moved_and_cancelled(page: TestClient) -> None:
    jobs = [ordered(page, {"request": SLOW}) for _ in range(3)]
    ids = [job["id"] for job in jobs]
    listed = page.get("/v1/jobs", params={"state": ["queued", "running"]}).json()
    assert [job["id"] for job in listed if job["id"] in ids] == ids
    moved = page.put(f"/v1/jobs/{ids[2]}/position", json={"position": 0}).json()
    assert moved["position"] == 0
    first = ordered(page, {"request": SLOW, "front": True, "priority": 5})
    waiting = page.get("/v1/jobs", params={"state": "queued"}).json()
    assert waiting[0]["id"] == first["id"]
    for id in [*ids, first["id"]]:
        assert page.delete(f"/v1/jobs/{id}").json()["state"] == "cancelled"
    assert page.delete(f"/v1/jobs/{ids[0]}").json()["state"] == "cancelled"
    assert len(page.get("/v1/jobs", params={"limit": 2}).json()) == 2


def test_pictures_of_the_gallery_stand_in_a_request(
    page: TestClient, studio: Studio, sketch: Image
) -> None:
    kept = studio.gallery.keep_sketch(sketch)
    body = {"request": {"steps": 2, "batch": 1}, "inputs": {"init": kept.id, "mask": kept.id}}
    job = ordered(page, body)
    assert job["inputs"] == {"init": kept.id, "mask": kept.id}
    asked = studio.request(job["id"])
    assert asked.init == sketch.with_text("") and asked.mask == asked.init  # pyright: ignore[reportAttributeAccessIssue]


def test_pictures_stand_in_parts_of_a_request(studio: Studio, sketch: Image) -> None:
    kept = studio.gallery.keep_sketch(sketch)
    values = {"controls": [{"model": "a"}, {"model": "b"}]}
    asked = requested(studio, "image", values, {"init": kept.id, "controls.1.picture": kept.id})
    assert [control.picture for control in asked.controls] == [None, asked.init]
    for place in ("controls.2.picture", "controls.x.picture", "controls.0", "steps.0.picture"):
        with pytest.raises(RequestError, match="no such part"):
            requested(studio, "image", values, {place: kept.id})


def test_a_picture_comes_along_in_base64(page: TestClient, studio: Studio, sketch64: str) -> None:
    job = ordered(page, {"request": {"init": sketch64, "steps": 2, "batch": 1}})
    asked = studio.request(job["id"])
    assert asked.init is not None  # pyright: ignore[reportAttributeAccessIssue]
    assert asked.init.png() == base64.b64decode(sketch64)  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({}, 422, "request: field required"),
        ({"request": {"steps": 0}}, 422, "steps is 0; it must be between 1 and 150"),
        ({"request": {"colour": "red"}}, 422, "no 'colour' in ImageRequest"),
        ({"request": {"model": "sd15"}}, 404, "no 'sd15' in models"),
        ({"request": {}, "kind": "mesh"}, 422, "no 'mesh' in kinds; there are: grid, image"),
        ({"request": {}, "kind": "train"}, 422, "no 'train' in kinds"),
        ({"request": {}, "inputs": {"init": "none"}}, 404, "no "),
        ({"request": {"init": ""}, "inputs": {"init": "none"}}, 422, "init is in request and"),
        ({"request": {}, "inputs": {"init": "../x"}}, 422, "inputs.init: "),
        ({"request": {}, "priority": 101}, 422, "priority: "),
        ({"request": {}, "deadline": 0}, 422, "deadline: "),
        ({"request": {}, "parent": "none"}, 404, "no "),
    ],
)
def test_what_is_not_sound_is_refused(
    page: TestClient, body: dict[str, Any], status: int, words: str
) -> None:
    answer = page.post("/v1/jobs", json=body)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"].startswith(words)


def test_a_full_queue_says_when_to_come_again(tmp_path: Path) -> None:
    settings = Settings(outputs=tmp_path / "o", models=(), engine="stub", waiting_a_client=3)
    with Studio(settings) as small:
        app = server(small, Door(port=7860, token=TOKEN))
        headers = {"X-Underpaint-Token": TOKEN, "X-Underpaint-Client": "greedy"}
        client = TestClient(app, base_url=BASE, client=("127.0.0.1", 1), headers=headers)
        answers = [client.post("/v1/jobs", json={"request": SLOW}) for _ in range(6)]
        assert [answer.status_code for answer in answers[:3]] == [201] * 3
        full = answers[-1]
        assert full.status_code == 429
        assert int(full.headers["Retry-After"]) >= 1
        assert client.get("/health").status_code == 200
        many = client.post("/sdapi/v1/txt2img", json={**SLOW, "batch": 1, "n_iter": 9})
        assert many.status_code == 429
        assert not small.jobs(states=("queued",), limit=10)[3:]
        small.cancel_all()
