"""Where the server stands, whom it hears, and how it starts and ends."""

import logging
import secrets
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

import uvicorn
from starlette.types import ASGIApp

from underpaint.errors import RequestError, StorageError
from underpaint.faces._http.guard import Door
from underpaint.faces._http.protocol import Prompt

__all__ = ["PORT", "Place", "door", "place", "run"]

PORT = 7860
MAX_MESSAGE = 8 * 2**20
GRACE = 2

_NEAR = ("127.0.0.1", "::1")
_EVERYWHERE = ("0.0.0.0", "::")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the server stands, and whom it hears.

    Attributes:
        port: 1..65535; 0 = any that is free.
        listening: other machines may come.
        accounts: passwords by user.
        names: of this machine, that may be in `Host`.
        origins: pages of other sites that may ask.
        key: the file of the TLS key; None = no TLS.
        certificate: the file of the TLS certificate.
        keep_alive: seconds that an idle connection is kept.
    """

    port: int = PORT
    listening: bool = False
    accounts: Mapping[str, str] = field(default_factory=dict, repr=False)
    names: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()
    key: Path | None = None
    certificate: Path | None = None
    keep_alive: int = 30

    @property
    def scheme(self) -> str:
        """Return "https" with TLS, else "http"."""
        return "http" if self.key is None else "https"


def place(values: Mapping[str, str | bool | None]) -> Place:
    """Return where the server stands, as the options of the command line say it.

    Args:
        values: by the names of the options; None for those not given.

    Raises:
        RequestError: a value is not allowed; or others may come and no password is set.
        StorageError: the file of accounts cannot be read.
    """
    accounts = _accounts(str(values.get("api_auth") or ""))
    if values.get("api_auth_file"):
        accounts |= _accounts(_read(Path(str(values["api_auth_file"]))))
    names = frozenset(_words(values.get("server_name"), ","))
    listening = bool(values.get("listen") or names)
    if listening and not accounts:
        raise RequestError(
            "--listen lets other machines in, so it needs --api-auth USER:PASSWORD; "
            "without both, only this machine can reach the studio"
        )
    key, certificate = (values.get(f"tls_{name}file") for name in ("key", "cert"))
    if bool(key) != bool(certificate):
        raise RequestError("give --tls-keyfile and --tls-certfile together, or neither")
    return Place(
        port=_number("port", values.get("port"), PORT, 65_535),
        listening=listening,
        accounts=accounts,
        names=frozenset(name.lower() for name in names),
        origins=frozenset(map(_origin, _words(values.get("cors_allow_origins"), ","))),
        key=Path(str(key)) if key else None,
        certificate=Path(str(certificate)) if certificate else None,
        keep_alive=_number("timeout-keep-alive", values.get("timeout_keep_alive"), 30, 3600),
    )


def door(standing: Place, port: int) -> Door:
    """Return what the guard is to know: a token of this start with it.

    Args:
        standing: where the server stands.
        port: which it got.
    """
    return Door(
        port=port,
        token=secrets.token_urlsafe(32),
        listening=standing.listening,
        accounts=standing.accounts,
        names=standing.names | (_own_names() if standing.listening else frozenset()),
        origins=standing.origins,
        scheme=standing.scheme,
    )


def sockets(standing: Place) -> tuple[socket.socket, ...]:
    """Return sockets that are bound, of one port, for both versions of IP where there are two.

    Raises:
        RequestError: the port is taken, or not ours to take.
    """
    hosts = _EVERYWHERE if standing.listening else _NEAR
    first = _bound(socket.AF_INET, hosts[0], standing.port)
    port = first.getsockname()[1]
    try:
        return first, _bound(socket.AF_INET6, hosts[1], port)
    except (RequestError, OSError):  # a machine without IPv6
        return (first,)


def run(
    app: ASGIApp, standing: Place, bound: Sequence[socket.socket], begun: Callable[[], None]
) -> None:
    """Serve until the process is told to end.

    Args:
        app: what answers.
        standing: where.
        bound: its sockets.
        begun: called once callers are heard.

    Raises:
        RequestError: the TLS files are not usable.
    """
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    config = uvicorn.Config(
        app,
        http=Prompt,
        ws="websockets-sansio",
        ws_max_size=MAX_MESSAGE,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=standing.keep_alive,
        timeout_graceful_shutdown=GRACE,
        h11_max_incomplete_event_size=64 * 2**10,
        ssl_keyfile=standing.key,
        ssl_certfile=standing.certificate,
    )
    try:
        config.load()
    except (OSError, ssl.SSLError) as error:
        raise RequestError(f"the TLS key and certificate cannot be used: {error}") from error
    Server(config, begun).run(sockets=list(bound))


class Server(uvicorn.Server):
    """uvicorn's server, which tells when it has begun, and whose caller ends the process."""

    def __init__(self, config: uvicorn.Config, begun: Callable[[], None]) -> None:
        """Make ready.

        Args:
            config: uvicorn's.
            begun: called once callers are heard.
        """
        super().__init__(config)
        self._begun = begun

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, and say so."""
        await super().startup(sockets)
        self._begun()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End at the first signal; do not wait for callers at the second Ctrl-C."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True


def _bound(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform != "win32":
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    try:
        made.bind((host, port))
    except OSError as error:
        made.close()
        raise RequestError(
            f"port {port} cannot be had: {error.strerror}; give another with --port"
        ) from error
    return made


def _own_names() -> frozenset[str]:
    """Return what other machines of the house call this one."""
    name = socket.gethostname().lower()
    return frozenset((name, f"{name.partition('.')[0]}.local")) - {"", ".local"}


def _accounts(text: str) -> dict[str, str]:
    """Return passwords by user, from "user:password,user2:password2".

    Raises:
        RequestError: a part is not like that.
    """
    accounts: dict[str, str] = {}
    for part in _words(text.replace("\n", ","), ","):
        user, _, password = part.partition(":")
        if not user or not password:
            raise RequestError("--api-auth must be like USER:PASSWORD, several with commas between")
        accounts[user] = password
    return accounts


def _origin(text: str) -> str:
    """Return an origin as browsers send it.

    Raises:
        RequestError: it names no one page's site.
    """
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or "*" in text:
        raise RequestError(
            f"--cors-allow-origins has {text[:80]!r}; it must be like https://a.example, no pattern"
        )
    return f"{parts.scheme}://{parts.netloc}".lower()


def _number(name: str, value: str | bool | None, default: int, most: int) -> int:
    if value is None:
        return default
    text = str(value)
    if not (text.isascii() and text.isdecimal() and len(text) < 9 and int(text) <= most):
        raise RequestError(
            f"{name} is {text[:60]!r}; it must be a whole number between 0 and {most}"
        )
    return int(text)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise StorageError(f"cannot read {str(path)!r}: {error}") from error


def _words(text: object, separator: str) -> list[str]:
    return [word.strip() for word in str(text or "").split(separator) if word.strip()]
