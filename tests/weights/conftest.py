"""A small server that speaks the hub's protocol, as far as its client uses it."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from huggingface_hub import constants

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SMALL = (".json", ".txt", ".md")


@dataclass
class Hub:
    """What the server holds, and how it misbehaves.

    Attributes:
        repositories: the files of each, by "owner/name".
        cut: a download ends after so many bytes, if it began at the first; None = never.
        damaged: the last byte of every download is another.
        whole: it cannot begin in the midst.
        gated: repositories whose owners want to be asked.
        asked: (method, path, range, authorization) of every request.
        url: its address.
    """

    repositories: dict[str, dict[str, bytes]] = field(default_factory=dict)
    cut: int | None = None
    damaged: bool = False
    whole: bool = False
    gated: set[str] = field(default_factory=set)
    asked: list[tuple[str, str, str | None, str | None]] = field(default_factory=list)
    url: str = ""


def listed(files: Mapping[str, bytes]) -> list[dict[str, object]]:
    """Return what the hub tells of files: large ones by SHA-256, small ones as git names them."""
    found: list[dict[str, object]] = []
    for name, data in files.items():
        blob = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
        entry: dict[str, object] = {"rfilename": name, "size": len(data), "blobId": blob}
        if not name.endswith(SMALL):
            digest = hashlib.sha256(data).hexdigest()
            entry["lfs"] = {"sha256": digest, "size": len(data), "pointerSize": 134}
        found.append(entry)
    return found


class Server(ThreadingHTTPServer):
    """Listens for a hub, on this machine."""

    daemon_threads = True

    def __init__(self, hub: Hub) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.hub = hub
        hub.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """Answers for a self.hub."""

    protocol_version = "HTTP/1.1"

    @property
    def hub(self) -> Hub:
        """The hub that is asked."""
        assert isinstance(self.server, Server)
        return self.server.hub

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        headers = self.headers
        self.hub.asked.append(("GET", self.path, headers["Range"], headers["Authorization"]))
        api = re.fullmatch(r"/api/models/([^/]+/[^/?]+)(\?.*)?", self.path)
        file = re.fullmatch(r"/([^/]+/[^/]+)/resolve/[^/]+/(.+)", self.path)
        if api:
            self.listing(api[1])
        elif file and file[2] in self.hub.repositories.get(file[1], {}):
            self.file(self.hub.repositories[file[1]][file[2]])
        else:
            self.answer(404, b"", {"X-Error-Code": "EntryNotFound"})

    def listing(self, name: str) -> None:
        if name in self.hub.gated:
            self.answer(403, b"{}", {"X-Error-Code": "GatedRepo"})
        elif name not in self.hub.repositories:
            self.answer(404, b"{}", {"X-Error-Code": "RepoNotFound"})
        else:
            found = {"id": name, "sha": COMMIT, "siblings": listed(self.hub.repositories[name])}
            self.answer(200, json.dumps(found).encode(), {"Content-Type": "application/json"})

    def file(self, data: bytes) -> None:
        if self.hub.damaged:
            data = data[:-1] + bytes([data[-1] ^ 1])
        start = re.fullmatch(r"bytes=(\d+)-", self.headers["Range"] or "")
        if start and not self.hub.whole:
            place = f"bytes {start[1]}-{len(data) - 1}/{len(data)}"
            self.answer(206, data[int(start[1]) :], {"Content-Range": place})
        elif self.hub.cut is not None:
            self.answer(200, data, {}, sent=self.hub.cut)
        else:
            self.answer(200, data, {})

    def answer(
        self, status: int, data: bytes, headers: Mapping[str, str], sent: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data[:sent])
        self.close_connection = sent is not None


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """Run a hub on this machine, and let its client believe that there is a network."""
    found = Hub()
    with Server(found) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        yield found
        server.shutdown()
        thread.join()
