"""How far a call is, how to stop it, and the options, over HTTP."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.testclient import TestClient

from underpaint.faces.a1111 import options
from underpaint.requests.image import ImageRequest
from underpaint.studio.app import Studio

SLOW = {"prompt": "!slow=0.05", "steps": 100, "width": 64, "height": 64}


@contextmanager
def painting(script: TestClient, **fields: object) -> Iterator[list[dict[str, Any]]]:
    """Paint beside the test; what comes back is in the list when this is left."""
    answers: list[dict[str, Any]] = []
    body = {**SLOW, **fields}
    call = threading.Thread(
        target=lambda: answers.append(script.post("/sdapi/v1/txt2img", json=body).json())
    )
    call.start()
    try:
        yield answers
    finally:
        script.post("/sdapi/v1/interrupt")
        call.join(30)
        assert not call.is_alive()


def until(script: TestClient, path: str, wanted: Any, **body: object) -> dict[str, Any]:  # noqa: ANN401
    """Return an answer once it is as wanted."""
    end, answer = time.monotonic() + 20, None
    while time.monotonic() < end:
        answer = script.post(path, json=body) if body else script.get(path)
        if wanted(answer.json()):
            return answer.json()
        time.sleep(0.02)
    raise AssertionError(f"never as wanted: {answer and answer.text[:300]}")


def test_idle_is_told_as_clients_wait_for_it(script: TestClient) -> None:
    told = script.get("/sdapi/v1/progress").json()
    assert (told["progress"], told["eta_relative"], told["current_image"]) == (0, 0, None)
    assert told["state"]["job_count"] == 0
    assert set(told["state"]) == {
        *("skipped", "interrupted", "stopping_generation", "job", "job_count"),
        *("job_timestamp", "job_no", "sampling_step", "sampling_steps"),
    }


def test_a_call_is_busy_at_once_and_tells_how_far_it_is(script: TestClient) -> None:
    with painting(script, n_iter=2) as answers:
        busy = until(script, "/sdapi/v1/progress", lambda told: told["state"]["job_count"] > 0)
        assert busy["progress"] >= 0.01
        going = until(script, "/sdapi/v1/progress", lambda told: told["state"]["sampling_step"] > 2)
        assert going["state"]["job_count"] == 2
        assert 0.01 < going["progress"] < 0.51
        assert going["eta_relative"] > 0
        bare = script.get("/sdapi/v1/progress?skip_current_image=true").json()
        assert bare["current_image"] is None
    assert answers[0]["images"] == []
    assert "interrupted" in answers[0]["info"]


def test_skipping_goes_on_with_the_next_round(script: TestClient) -> None:
    with painting(script, n_iter=2, steps=40) as answers:
        until(script, "/sdapi/v1/progress", lambda told: told["state"]["sampling_step"] > 1)
        skipped = script.post("/sdapi/v1/skip")
        assert (skipped.status_code, skipped.json()) == (200, None)
        until(script, "/sdapi/v1/progress", lambda told: told["state"]["job_no"] == 1)
        until(script, "/sdapi/v1/progress", lambda told: told["state"]["job_count"] == 0)
    assert len(answers[0]["images"]) == 1


def test_a_call_is_asked_for_by_its_own_name(script: TestClient) -> None:
    ask = {"id_task": "task(abc)", "live_preview": True}
    unknown = script.post("/internal/progress", json={"id_task": "task(none)"}).json()
    assert (unknown["active"], unknown["queued"], unknown["completed"]) == (False, False, False)
    with painting(script, force_task_id="task(abc)"):
        told = until(script, "/internal/progress", lambda told: told["active"], **ask)
        assert set(told) == {
            *("active", "queued", "completed", "progress", "eta"),
            *("live_preview", "id_live_preview", "textinfo"),
        }
        pending = script.get("/internal/pending-tasks").json()
        assert pending == {"size": 1, "tasks": ["task(abc)"]}
    over = script.post("/internal/progress", json=ask).json()
    assert (over["active"], over["completed"]) == (False, True)


def test_interrupting_leaves_the_work_of_others_alone(script: TestClient, studio: Studio) -> None:
    request = ImageRequest(prompt="!slow=0.05", steps=100, batch=1)
    other = studio.submit(request, client="page")
    script.post("/sdapi/v1/interrupt")
    assert studio.job(other.id).state in ("queued", "running")
    with painting(script, force_task_id="one") as first, painting(script, force_task_id="two"):
        until(script, "/internal/progress", lambda told: told["queued"], id_task="two")
        script.post("/sdapi/v1/interrupt?id_task=two")
        until(script, "/internal/progress", lambda told: told["completed"], id_task="two")
        assert not first
    studio.cancel(other.id)


def test_a_call_is_stopped_while_it_is_still_handed_in(script: TestClient, studio: Studio) -> None:
    with painting(script, n_iter=60):
        until(script, "/sdapi/v1/progress", lambda told: told["state"]["job_count"] > 0)
        script.post("/sdapi/v1/interrupt")
        time.sleep(0.5)
    assert not studio.jobs(states=("queued", "running"))


def test_every_option_that_clients_touch_is_there(script: TestClient) -> None:
    told = script.get("/sdapi/v1/options").json()
    assert set(told) == set(options.OPTIONS)
    assert told["sd_model_checkpoint"].startswith("mini.safetensors")


def test_all_options_go_back_as_they_came(script: TestClient) -> None:
    told = script.get("/sdapi/v1/options").json()
    answer = script.post("/sdapi/v1/options", json=told)
    assert (answer.status_code, answer.json()) == (200, None)
    assert script.get("/sdapi/v1/options").json() == told


@pytest.mark.parametrize("part", [0, 1, 2, 3])
def test_the_model_is_set_by_any_of_its_names(script: TestClient, part: int) -> None:
    [model] = script.get("/sdapi/v1/sd-models").json()
    name = [model["title"], model["model_name"], model["hash"], model["sha256"]][part]
    assert script.post("/sdapi/v1/options", json={"sd_model_checkpoint": name}).status_code == 200
    assert script.get("/sdapi/v1/options").json()["sd_model_checkpoint"] == model["title"]


def test_a_model_that_is_not_there_is_refused(script: TestClient) -> None:
    answer = script.post("/sdapi/v1/options", json={"sd_model_checkpoint": "sd15"})
    assert answer.status_code == 404
    assert "mini" in answer.json()["detail"]


def test_the_small_calls_of_the_page_answer(script: TestClient) -> None:
    assert script.get("/internal/ping").json() == {}
    assert script.get("/internal/sysinfo").json()["running"] is True
    assert {"name": "sd_vae", "label": "sd_vae"} in script.get(
        "/internal/quicksettings-hint"
    ).json()


def test_previews_are_shown_unless_the_options_forbid_it(script: TestClient) -> None:
    script.post("/sdapi/v1/options", json={"live_previews_enable": False})
    try:
        with painting(script, force_task_id="unseen"):
            told = until(script, "/sdapi/v1/progress", lambda it: it["state"]["sampling_step"] > 2)
            assert told["current_image"] is None
            task = script.post("/internal/progress", json={"id_task": "unseen"}).json()
            assert task["active"] and task["live_preview"] is None
            script.post("/sdapi/v1/options", json={"live_previews_enable": True})
            until(script, "/sdapi/v1/progress", lambda told: told["current_image"])
    finally:
        script.post("/sdapi/v1/options", json={"live_previews_enable": True})


def test_an_option_without_effect_is_told_once(
    script: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        script.post("/sdapi/v1/options", json={"grid_save": False})
    script.post("/sdapi/v1/options", json={"grid_save": None})
    said = [record.getMessage() for record in caplog.records if record.name.endswith("state")]
    assert said == ["grid_save has no effect here; grids are made anew when they are asked for"]
