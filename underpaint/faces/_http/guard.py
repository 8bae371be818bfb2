"""Who may come in: one pure function from what a request shows to yes, or to a status and a reason.

Three kinds of stranger are kept out: a page of another site in the person's own browser (it shows
an `Origin` or `Sec-Fetch-Site`, and cannot read our token), a name that leads to this machine by
a trick of DNS (it shows in `Host`), and another machine (it must say a user and password).
A program on this machine may use the API of A1111 without a token, as it always could; a browser
never may.
"""

import base64
import binascii
import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = ["Door", "Knock", "Verdict", "verdict"]

TOKEN_HEADER = "x-underpaint-token"
SCRIPT_PATHS = ("/sdapi/", "/internal/", "/controlnet/", "/v1/images/")
OPEN_PATHS = ("/health",)

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_SAFE = ("GET", "HEAD")
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Door:
    """What the server knows of itself.

    Attributes:
        port: where it stands.
        token: what the page and our own programs show.
        listening: other machines may come, if they say a user and password.
        accounts: passwords by user; empty for none.
        names: names of this machine that may be in `Host`, besides the loopback ones.
        origins: pages of other sites that the person named, such as "https://a.example".
        scheme: "http" or "https".
    """

    port: int
    token: str = field(repr=False)
    listening: bool = False
    accounts: Mapping[str, str] = field(default_factory=dict, repr=False)
    names: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()
    scheme: str = "http"

    @property
    def cookie(self) -> str:
        """Return the cookie's name; browsers keep one jar for all ports of a machine."""
        return f"underpaint-{self.port}"


@dataclass(frozen=True, slots=True)
class Knock:
    """What a request shows before anything of it is trusted.

    Attributes:
        method: of HTTP, in capitals; "WS" for a WebSocket.
        path: without the query.
        peer: the address it comes from.
        headers: by name in small letters; of a name given twice, all values joined by ", ".
    """

    method: str
    path: str
    peer: str
    headers: Mapping[str, str] = field(repr=False)


class Verdict(NamedTuple):
    """What is answered: 0 to come in, or a status and a sentence."""

    status: int
    sentence: str = ""


COME_IN = Verdict(0)


def verdict(knock: Knock, door: Door) -> Verdict:
    """Return whether a request may come in."""
    host = knock.headers.get("host", "")
    if not _host_is_ours(host, door):
        return Verdict(421, f"this is not {host[:80] or 'a server without a name'}")
    if not _from_our_page(knock, door):
        return Verdict(403, "the request comes from a page of another site")
    if _known(knock, door) or _needs_no_name(knock, door):
        return COME_IN
    if knock.method == "WS":
        return Verdict(403, "a WebSocket needs the token")
    return Verdict(401, _how_to_come_in(door))


def _needs_no_name(knock: Knock, door: Door) -> bool:
    """Return whether anybody who got so far may come in."""
    if knock.path in OPEN_PATHS and knock.method in _SAFE:
        return True
    near = _is_loopback(knock.peer) and not _forwarded(knock.headers)
    if door.listening or door.accounts or not near or knock.method == "WS":
        return False
    script = knock.path.startswith(SCRIPT_PATHS) and not _browser(knock)
    return script or knock.method in _SAFE


def shows_token(text: str, door: Door) -> bool:
    """Return whether `text` is the token."""
    return _same(text, door.token)


def _how_to_come_in(door: Door) -> str:
    if door.accounts:
        return "say the user and password that --api-auth names"
    return f"open the address that the studio showed when it started, or send {TOKEN_HEADER}"


def _host_is_ours(host: str, door: Door) -> bool:
    """Return whether `Host` names this server, not a name that DNS was made to lead here."""
    name, port = _split(host, door.scheme)
    if name in _LOOPBACK:
        return port == door.port
    if name in door.names:
        return True
    return door.listening and port == door.port and _is_address(name)


def _split(host: str, scheme: str) -> tuple[str, int]:
    """Return the name and the port in `Host`; ("", 0) when there is neither."""
    name, _, port = host.lower().rpartition(":")
    if not name or host.endswith("]"):
        return host.lower(), _DEFAULT_PORTS[scheme]
    return (name, int(port)) if port.isascii() and port.isdecimal() and len(port) <= 5 else ("", 0)


def _is_address(name: str) -> bool:
    try:
        address = ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return not address.is_unspecified


def _from_our_page(knock: Knock, door: Door) -> bool:
    """Return whether no page of another site is behind the request, as far as browsers tell."""
    origin, site = knock.headers.get("origin"), knock.headers.get("sec-fetch-site")
    if origin in door.origins:
        return True
    if origin is not None and not _same_origin(knock, door):
        return False
    if site in (None, "same-origin", "none"):
        return True
    return _followed_a_link(knock)


def _same_origin(knock: Knock, door: Door) -> bool:
    ours = f"{door.scheme}://{knock.headers.get('host', '').lower()}"
    return knock.headers.get("origin", "").lower() == ours


def _followed_a_link(knock: Knock) -> bool:
    """Return whether a person came to the page itself from elsewhere."""
    top = knock.headers.get("sec-fetch-dest") == "document"
    moved = knock.headers.get("sec-fetch-mode") == "navigate"
    return knock.method == "GET" and knock.path == "/" and moved and top


def _known(knock: Knock, door: Door) -> bool:
    """Return whether the request shows the token or an account."""
    if shows_token(knock.headers.get(TOKEN_HEADER, ""), door):
        return True
    kind, _, value = knock.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and shows_token(value.strip(), door):
        return True
    if kind.lower() == "basic" and _has_account(value.strip(), door):
        return True
    return _shows_cookie(knock, door)


def _shows_cookie(knock: Knock, door: Door) -> bool:
    """Return whether the cookie is there and a page of ours is behind it.

    A browser sends a cookie by itself, so it proves nothing where no browser says whose page it
    was; `SameSite=Strict` is a second lock, not the first.
    """
    ours = _same_origin(knock, door)
    site = knock.headers.get("sec-fetch-site")
    vouched = ours if knock.method == "WS" else ours or site == "same-origin"
    if knock.method in _SAFE:
        vouched = vouched or site == "none"
    pairs = (part.strip().partition("=") for part in knock.headers.get("cookie", "").split(";"))
    return vouched and any(
        name == door.cookie and shows_token(value, door) for name, _, value in pairs
    )


def _has_account(value: str, door: Door) -> bool:
    try:
        user, colon, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return False
    return bool(colon) and user in door.accounts and _same(password, door.accounts[user])


def _same(one: str, other: str) -> bool:
    """Return whether two texts are equal, in a time that does not tell how much of them is."""
    return bool(other) and hmac.compare_digest(one.encode(errors="replace"), other.encode())


def _browser(knock: Knock) -> bool:
    return any(name == "origin" or name.startswith("sec-fetch-") for name in knock.headers)


def _forwarded(headers: Mapping[str, str]) -> bool:
    """Return whether a proxy stands between: then every peer looks near."""
    return any(name in ("forwarded", "via") or name.startswith("x-forwarded-") for name in headers)


def _is_loopback(peer: str) -> bool:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
