"""Who may come in: 2,880 ways to knock, against a table written apart from the guard."""

import base64
from itertools import product

import pytest

from underpaint.faces._http.guard import Door, Knock, verdict

PORT = 7860
TOKEN, EXPIRED = "the-token-of-this-start", "the-token-of-the-last-start"

METHODS = ("GET", "POST form", "POST text", "POST json", "WS")
ORIGINS = ("absent", "same", "evil", "null", "lookalike", "other port")
HOSTS = ("127.0.0.1", "localhost", "evil.com", "0.0.0.0", "[::1]", "2130706433")
SITES = ("absent", "same-origin", "same-site", "cross-site")
TOKENS = ("none", "right", "wrong", "expired")
PATHS = ("/v1/jobs", "/sdapi/v1/txt2img")

CASES = list(product(METHODS, ORIGINS, HOSTS, SITES, TOKENS))


def test_there_are_as_many_cases_as_promised() -> None:
    assert len(CASES) == 5 * 6 * 6 * 4 * 4 == 2880


def origin_of(origin: str, host: str) -> str | None:
    return {
        "absent": None,
        "same": f"http://{host}:{PORT}",
        "evil": "https://evil.example",
        "null": "null",
        "lookalike": "http://localhost.evil.com",
        "other port": f"http://{host}:{PORT + 1}",
    }[origin]


def knocked(case: tuple[str, ...], path: str, *, by_cookie: bool) -> Knock:
    method, origin, host, site, token = case
    headers = {"host": f"{host}:{PORT}"}
    said = origin_of(origin, host)
    headers |= {} if said is None else {"origin": said}
    headers |= {} if site == "absent" else {"sec-fetch-site": site}
    shown = {"none": None, "right": TOKEN, "wrong": "x" * 23, "expired": EXPIRED}[token]
    if shown is not None:
        cookie = {"cookie": f"other=1; underpaint-{PORT}={shown}"}
        headers |= cookie if by_cookie else {"x-underpaint-token": shown}
    return Knock(method.split()[0], path, "127.0.0.1", headers)


def expected(case: tuple[str, ...], path: str, *, by_cookie: bool) -> int:
    """Return the status that the rules ask for, in the order they are checked."""
    method, origin, host, site, token = case
    if host not in ("127.0.0.1", "localhost", "[::1]"):
        return 421
    if origin not in ("absent", "same") or site not in ("absent", "same-origin"):
        return 403
    same_page = origin == "same" or (site == "same-origin" and method != "WS")
    vouched = same_page or not by_cookie
    if token == "right" and vouched:
        return 0
    if method == "GET":
        return 0
    if method == "WS":
        return 403
    from_a_script = origin == "absent" and site == "absent"
    return 0 if from_a_script and path.startswith("/sdapi/") else 401


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("by_cookie", [False, True])
def test_every_way_to_knock_is_answered_by_the_rules(path: str, by_cookie: bool) -> None:
    door = Door(port=PORT, token=TOKEN)
    wrong = [
        (case, verdict(knock, door).status, expected(case, path, by_cookie=by_cookie))
        for case in CASES
        if verdict(knock := knocked(case, path, by_cookie=by_cookie), door).status
        != expected(case, path, by_cookie=by_cookie)
    ]
    assert not wrong, f"{len(wrong)} of {len(CASES)}, the first: {wrong[:3]}"


@pytest.mark.parametrize("path", PATHS)
def test_with_an_account_nothing_is_free(path: str) -> None:
    door = Door(port=PORT, token=TOKEN, accounts={"me": "secret"}, listening=True)
    right = base64.b64encode(b"me:secret").decode()
    for case in CASES:
        knock = knocked(case, path, by_cookie=False)
        alone = verdict(knock, door).status
        if case[4] != "right":
            assert alone != 0, case
        named = Knock(
            knock.method, path, "10.0.0.9", {**knock.headers, "authorization": f"Basic {right}"}
        )
        fine = case[1] in ("absent", "same") and case[3] in ("absent", "same-origin")
        ours = case[2] in ("127.0.0.1", "localhost", "[::1]")
        assert (verdict(named, door).status == 0) == (fine and ours), case


@pytest.mark.parametrize(
    "header", ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "forwarded", "via"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_behind_a_proxy_nobody_is_near(header: str, method: str) -> None:
    door = Door(port=PORT, token=TOKEN)
    headers = {"host": f"127.0.0.1:{PORT}", header: "127.0.0.1"}
    assert verdict(Knock(method, "/sdapi/v1/txt2img", "127.0.0.1", headers), door).status == 401


@pytest.mark.parametrize("peer", ["10.0.0.9", "", "not an address", "::ffff:10.0.0.9"])
def test_nobody_from_elsewhere_comes_in_without_a_name(peer: str) -> None:
    door = Door(port=PORT, token=TOKEN)
    headers = {"host": f"127.0.0.1:{PORT}"}
    assert verdict(Knock("GET", "/v1/jobs", peer, headers), door).status == 401


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_every_way_to_write_this_machine_is_near(peer: str) -> None:
    door = Door(port=PORT, token=TOKEN)
    headers = {"host": f"[::1]:{PORT}"}
    assert verdict(Knock("GET", "/v1/jobs", peer, headers), door).status == 0
