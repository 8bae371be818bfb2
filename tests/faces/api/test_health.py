"""What machines that watch over the studio are told."""

from starlette.testclient import TestClient


def test_health_is_told_shortly_and_at_length(script: TestClient) -> None:
    assert script.get("/health").json() == {"status": "ok"}
    told = script.get("/v1/health").json()
    assert told["running"] is True
    assert set(told["jobs"]) == {"queued", "running", "done", "failed", "cancelled"}


def test_metrics_are_in_the_form_of_prometheus(script: TestClient) -> None:
    script.post("/sdapi/v1/txt2img", json={"steps": 1, "prompt": "a secret"})
    told = script.get("/metrics")
    assert told.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert told.text.endswith("\n")
    values = {
        line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
        for line in told.text.splitlines()
        if not line.startswith("#")
    }
    assert values['underpaint_jobs{state="done"}'] >= 1
    assert values['underpaint_http_answers_total{method="POST",status="200"}'] >= 1
    assert "secret" not in told.text
