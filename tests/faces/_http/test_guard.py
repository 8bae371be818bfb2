"""Single rules of the guard; `tests/security/test_cross_site.py` has all of them together."""

import base64

import pytest

from underpaint.faces._http import guard
from underpaint.faces._http.guard import Door, Knock, verdict

DOOR = Door(port=7860, token="right")
HOST = {"host": "127.0.0.1:7860"}


def status(method: str, path: str, headers: dict[str, str], door: Door = DOOR) -> int:
    return verdict(Knock(method, path, "127.0.0.1", headers), door).status


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1:7860", 0),
        ("LOCALHOST:7860", 0),
        ("[::1]:7860", 0),
        ("127.0.0.1", 421),
        ("127.0.0.1:80", 421),
        ("127.0.0.1:07860", 0),
        ("127.0.0.1:7860:7860", 421),
        ("127.0.0.1:-1", 421),
        ("127.0.0.1:٧٨٦٠", 421),
        ("localhost.:7860", 421),
        ("evil.example:7860", 421),
        ("127.0.0.1.evil.example:7860", 421),
        ("", 421),
        (":", 421),
    ],
)
def test_the_host_must_be_ours(host: str, expected: int) -> None:
    assert status("GET", "/v1/jobs", {"host": host}) == expected


def test_a_port_of_the_scheme_may_be_left_out() -> None:
    door = Door(port=80, token="right")
    assert status("GET", "/v1/jobs", {"host": "localhost"}, door) == 0
    assert status("GET", "/v1/jobs", {"host": "[::1]"}, door) == 0
    tls = Door(port=443, token="right", scheme="https")
    assert status("GET", "/v1/jobs", {"host": "localhost"}, tls) == 0


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("192.168.1.7:7860", 401),
        ("[fe80::1]:7860", 401),
        ("studio.example:7860", 401),
        ("studio.example", 401),
        ("0.0.0.0:7860", 421),
        ("[::]:7860", 421),
        ("other.example:7860", 421),
        ("192.168.1.7:80", 421),
    ],
)
def test_others_reach_a_listening_studio_by_address_or_name(host: str, expected: int) -> None:
    door = Door(
        port=7860,
        token="right",
        listening=True,
        accounts={"me": "secret"},
        names=frozenset(["studio.example"]),
    )
    assert status("GET", "/v1/jobs", {"host": host}, door) == expected


def basic(text: str) -> dict[str, str]:
    return {**HOST, "authorization": f"Basic {base64.b64encode(text.encode()).decode()}"}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (basic("me:secret"), 0),
        (basic("me:se:cret"), 401),
        (basic("you:se:cret"), 0),
        (basic("me:"), 401),
        (basic("me"), 401),
        (basic(":"), 401),
        (basic(""), 401),
        ({**HOST, "authorization": "Basic %%%"}, 401),
        ({**HOST, "authorization": "Basic"}, 401),
        ({**HOST, "authorization": "basic bWU6c2VjcmV0"}, 0),
        ({**HOST, "authorization": "Bearer right"}, 0),
        ({**HOST, "authorization": "Bearer wrong"}, 401),
        ({**HOST, "x-underpaint-token": "right"}, 0),
        ({**HOST, "x-underpaint-token": ""}, 401),
        (HOST, 401),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_with_accounts_everybody_says_who_he_is(
    method: str, headers: dict[str, str], expected: int
) -> None:
    door = Door(port=7860, token="right", accounts={"me": "secret", "you": "se:cret"})
    assert status(method, "/sdapi/v1/txt2img", headers, door) == expected


def test_health_is_for_anybody_who_knows_the_host() -> None:
    door = Door(port=7860, token="right", accounts={"me": "secret"}, listening=True)
    assert status("GET", "/health", HOST, door) == 0
    assert status("POST", "/health", HOST, door) == 401


def test_an_empty_basic_header_is_nothing_to_a_studio_without_accounts() -> None:
    """SillyTavern always sends one."""
    assert status("POST", "/sdapi/v1/txt2img", basic(":")) == 0


def test_a_page_that_was_named_may_ask_with_the_token() -> None:
    door = Door(port=7860, token="right", origins=frozenset(["https://a.example"]))
    asks = {**HOST, "origin": "https://a.example", "sec-fetch-site": "cross-site"}
    assert status("POST", "/sdapi/v1/txt2img", asks, door) == 401
    assert status("POST", "/sdapi/v1/txt2img", {**asks, "x-underpaint-token": "right"}, door) == 0
    other = {**asks, "origin": "https://b.example", "x-underpaint-token": "right"}
    assert status("POST", "/sdapi/v1/txt2img", other, door) == 403


def test_a_link_leads_to_the_page_and_to_nothing_else() -> None:
    link = {**HOST, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    link |= {"sec-fetch-dest": "document"}
    assert status("GET", "/", link) == 0
    assert status("GET", "/v1/jobs", link) == 403
    assert status("GET", "/", {**link, "sec-fetch-dest": "iframe"}) == 403
    assert status("POST", "/", link) == 403


@pytest.mark.parametrize("cookie", ["underpaint-7860=right", "a=b; underpaint-7860=right ; c=d"])
def test_a_cookie_counts_when_our_page_is_behind_it(cookie: str) -> None:
    ours = {**HOST, "cookie": cookie, "origin": "http://127.0.0.1:7860"}
    assert status("POST", "/v1/jobs", ours) == 0
    assert status("WS", "/v1/events", ours) == 0
    assert status("POST", "/v1/jobs", {**HOST, "cookie": cookie}) == 401
    assert status("WS", "/v1/events", {**HOST, "cookie": cookie}) == 403
    assert status("WS", "/v1/events", {**ours, "origin": "null"}) == 403


def test_the_cookie_of_another_port_is_not_ours() -> None:
    ours = {**HOST, "cookie": "underpaint-7861=right", "origin": "http://127.0.0.1:7860"}
    assert status("POST", "/v1/jobs", ours) == 401


def test_an_empty_token_opens_nothing() -> None:
    assert not guard.shows_token("", Door(port=1, token=""))
    assert not guard.shows_token("ü", DOOR)


def test_the_door_does_not_show_its_secrets() -> None:
    door = Door(port=1, token="sesame", accounts={"me": "secret"})
    assert "sesame" not in repr(door) and "secret" not in repr(door)
