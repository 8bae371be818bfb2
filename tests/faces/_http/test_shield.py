"""What stands around every request, over HTTP and WebSocket."""

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from tests.faces.conftest import BASE, TOKEN
from underpaint.faces._http.guard import Door
from underpaint.faces._http.server import server
from underpaint.faces._http.shield import HEADERS, Limits
from underpaint.studio.app import Studio


def caller(studio: Studio, door: Door, **headers: str) -> TestClient:
    app = server(studio, door, limits=Limits(body=10_000))
    return TestClient(app, base_url=BASE, client=("127.0.0.1", 1), headers=headers)


def test_every_answer_binds_the_browser(script: TestClient) -> None:
    for path in ("/health", "/v1/jobs", "/sdapi/v1/options", "/nowhere", "/docs", "/openapi.json"):
        answer = script.get(path)
        for name, value in HEADERS.items():
            assert answer.headers[name] == value, path
        assert float(answer.headers["X-Process-Time"]) >= 0
        assert "server" not in answer.headers


def test_the_policy_is_strict() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    for part in ("default-src 'self'", "object-src 'none'", "frame-ancestors 'none'"):
        assert part in policy


def test_a_refusal_is_json_and_asks_for_a_password_only_with_accounts(studio: Studio) -> None:
    plain = caller(studio, Door(port=7860, token=TOKEN)).post("/v1/jobs", json={})
    assert plain.status_code == 401
    assert set(plain.json()) == {"error", "detail", "body", "errors"}
    assert "www-authenticate" not in plain.headers
    door = Door(port=7860, token=TOKEN, accounts={"me": "secret"})
    with_accounts = caller(studio, door).get("/sdapi/v1/options")
    assert with_accounts.headers["www-authenticate"] == "Basic"
    client = caller(studio, door)
    client.auth = ("me", "secret")
    assert client.get("/sdapi/v1/options").status_code == 200


def test_opening_the_address_settles_the_token_in_a_cookie(studio: Studio) -> None:
    client = caller(studio, Door(port=7860, token=TOKEN))
    came = client.get("/", params={"t": TOKEN}, follow_redirects=False)
    assert (came.status_code, came.headers["location"]) == (303, "/")
    cookie = came.headers["set-cookie"]
    assert cookie.startswith(f"underpaint-7860={TOKEN};")
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie
    ours = {"Origin": BASE, "Sec-Fetch-Site": "same-origin"}
    assert client.post("/v1/jobs", json={"request": {}}, headers=ours).status_code == 201


def test_another_token_settles_nothing(studio: Studio) -> None:
    client = caller(studio, Door(port=7860, token=TOKEN))
    came = client.get("/", params={"t": "another"}, follow_redirects=False)
    assert came.status_code == 403
    assert "set-cookie" not in came.headers


def test_the_address_works_from_anywhere_also_with_accounts(studio: Studio) -> None:
    client = caller(studio, Door(port=7860, token=TOKEN, accounts={"me": "secret"}))
    assert client.get("/", params={"t": TOKEN}, follow_redirects=False).status_code == 303


@pytest.mark.parametrize("path", ["/v1/events", "/ws/live"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "X-Underpaint-Token": TOKEN},
        {"Origin": "null", "X-Underpaint-Token": TOKEN},
        {"Cookie": f"underpaint-7860={TOKEN}"},
        {"Origin": "https://evil.example", "Cookie": f"underpaint-7860={TOKEN}"},
        {},
    ],
)
def test_a_socket_of_another_page_is_refused_before_it_is_open(
    studio: Studio, path: str, headers: dict[str, str]
) -> None:
    client = caller(studio, Door(port=7860, token=TOKEN))
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect(f"ws://127.0.0.1:7860{path}", headers=headers),
    ):
        raise AssertionError("it came in")


def test_a_body_has_a_limit_declared_or_not(studio: Studio) -> None:
    client = caller(studio, Door(port=7860, token=TOKEN))
    assert client.post("/sdapi/v1/txt2img", content=b"x" * 10_001).status_code == 413
    parts = (b" " * 1000 for _ in range(20))
    json = {"Content-Type": "application/json"}
    assert client.post("/sdapi/v1/txt2img", content=parts, headers=json).status_code == 413


def test_cors_is_off_unless_a_page_was_named(studio: Studio) -> None:
    asks = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    off = caller(studio, Door(port=7860, token=TOKEN)).options("/sdapi/v1/txt2img", headers=asks)
    assert off.status_code == 403
    assert "access-control-allow-origin" not in off.headers
    door = Door(port=7860, token=TOKEN, origins=frozenset(["https://a.example"]))
    on = caller(studio, door).options("/sdapi/v1/txt2img", headers=asks)
    assert on.status_code == 204
    assert on.headers["access-control-allow-origin"] == "https://a.example"
    assert "authorization" in on.headers["access-control-allow-headers"]
    seen = caller(studio, door).get(
        "/sdapi/v1/options", headers={"Origin": "https://a.example", "X-Underpaint-Token": TOKEN}
    )
    assert seen.headers["access-control-allow-origin"] == "https://a.example"
    other = caller(studio, door).options(
        "/sdapi/v1/txt2img", headers={**asks, "Origin": "https://b.example"}
    )
    assert other.status_code == 403
