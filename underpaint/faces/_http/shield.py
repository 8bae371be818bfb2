"""What stands around every request: the guard, the limits, and the headers that bind a browser."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qs

import anyio
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from underpaint.faces._http import guard, replies
from underpaint.faces._http.guard import Door, Knock, Verdict
from underpaint.faces._http.meter import Meter

__all__ = ["HEADERS", "Limits", "Shield"]

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a request may take.

    Attributes:
        body: bytes of a request's body.
        pause: seconds between two parts of a body.
    """

    body: int = 64 * 2**20
    pause: float = 30.0


class Shield:
    """An app with the guard before it; nothing inside sees a request that may not come in."""

    def __init__(
        self, app: ASGIApp, *, door: Door, meter: Meter, limits: Limits | None = None
    ) -> None:
        """Stand before an app.

        Args:
            app: what answers those who may come in.
            door: what the guard knows of the server.
            meter: counts the answers.
            limits: None = the usual ones.
        """
        self._app = app
        self._door = door
        self._meter = meter
        self._limits = limits or Limits()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request in, or answer why not."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        knock = _knock(scope)
        send = self._dressed(send, knock)
        if self._is_preflight(knock):
            await replies.Response(status_code=204)(scope, receive, send)
            return
        answer = guard.verdict(knock, self._door)
        if answer.status and not self._brings_token(scope, answer):
            await self._refuse(answer, scope, receive, send)
        elif scope["type"] == "http" and knock.path == "/" and b"t=" in scope["query_string"]:
            await self._settle(scope, receive, send)
        else:
            await self._limited(knock, scope, receive, send)

    async def _limited(self, knock: Knock, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app, its body bounded in size and in time."""
        if scope["type"] == "http":
            if _declared(knock) > self._limits.body:
                await self._refuse(_too_large(self._limits), scope, receive, send)
                return
            receive = _bounded(receive, self._limits)
        await self._app(scope, receive, send)

    async def _refuse(self, answer: Verdict, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": answer.sentence})
            return
        asks = answer.status == HTTPStatus.UNAUTHORIZED and self._door.accounts
        headers = {"WWW-Authenticate": "Basic"} if asks else {}
        name = "".join(HTTPStatus(answer.status).phrase.split())
        response = replies.failure(answer.status, name, answer.sentence, headers)
        await response(scope, receive, send)

    def _brings_token(self, scope: Scope, answer: Verdict) -> bool:
        """Return whether a person opens the address with the token in it, from anywhere."""
        asks = scope["type"] == "http" and scope["method"] == "GET" and scope["path"] == "/"
        return asks and answer.status in (401, 403) and guard.shows_token(_token(scope), self._door)

    async def _settle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take the token out of the address and into a cookie that only our page is sent with."""
        if not guard.shows_token(_token(scope), self._door):
            await self._refuse(Verdict(403, "the token is not this start's"), scope, receive, send)
            return
        answer = RedirectResponse("/", 303)
        answer.set_cookie(
            self._door.cookie,
            self._door.token,
            httponly=True,
            samesite="strict",
            secure=self._door.scheme == "https",
        )
        await answer(scope, receive, send)

    def _dressed(self, send: Send, knock: Knock) -> Send:
        """Return a way to send that adds our headers to every answer, and counts it."""
        begun, more = time.perf_counter(), self._cors(knock)

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                seconds = time.perf_counter() - begun
                self._meter.count(knock.method, message["status"], seconds)
                ours = {**HEADERS, **more, "X-Process-Time": f"{seconds:.4f}"}
                theirs = list(message["headers"])
                present = {name.lower() for name, _ in theirs}
                added = [(name.lower().encode(), text.encode()) for name, text in ours.items()]
                message["headers"] = theirs + [pair for pair in added if pair[0] not in present]
            await send(message)

        return dressed

    def _is_preflight(self, knock: Knock) -> bool:
        asks = knock.method == "OPTIONS" and "access-control-request-method" in knock.headers
        return asks and knock.headers.get("origin") in self._door.origins

    def _cors(self, knock: Knock) -> dict[str, str]:
        """Return the headers by which a named page of another site may read the answer."""
        origin = knock.headers.get("origin", "")
        if origin not in self._door.origins:
            return {}
        return {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Credentials": "true",
            "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
            "Access-Control-Allow-Headers": f"authorization, content-type, {guard.TOKEN_HEADER}",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Vary": "Origin",
        }


def _knock(scope: Scope) -> Knock:
    headers: dict[str, str] = {}
    for name, value in _decoded(scope["headers"]):
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    method = "WS" if scope["type"] == "websocket" else scope["method"]
    peer = scope.get("client")
    return Knock(method, scope["path"], peer[0] if peer else "", headers)


def _decoded(headers: Iterable[tuple[bytes, bytes]]) -> Iterable[tuple[str, str]]:
    return ((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers)


def _token(scope: Scope) -> str:
    query = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=20)
    return query.get("t", [""])[0]


def _declared(knock: Knock) -> int:
    """Return the body's size as its header says it; 0 when it says nothing."""
    text = knock.headers.get("content-length", "0")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else 0


def _too_large(limits: Limits) -> Verdict:
    return Verdict(413, f"a body has at most {limits.body} bytes")


def _bounded(receive: Receive, limits: Limits) -> Receive:
    """Return a way to receive that stops at a body too large or too slow."""
    taken, done = 0, False

    async def bounded() -> Message:
        nonlocal taken, done
        if done:  # what comes now is only word that the caller has gone
            return await receive()
        try:
            with anyio.fail_after(limits.pause):
                message = await receive()
        except TimeoutError as error:
            words = f"nothing came for {limits.pause:g} seconds"
            raise HTTPException(408, words) from error
        taken += len(message.get("body", b""))
        done = not message.get("more_body", False)
        if taken > limits.body:
            raise HTTPException(*_too_large(limits))
        return message

    return bounded
