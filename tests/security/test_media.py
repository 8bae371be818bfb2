"""Pictures made to break decoders: refused or read, never a fault, never a page in a browser."""

import base64
import io
import struct
import zlib
from collections.abc import Callable, Iterator

import numpy
import PIL.Image
import pytest
from starlette.testclient import TestClient

from underpaint.media import Image


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *chunks: bytes, depth: int = 8, colour: int = 0) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    whole = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(chunks)
    return whole + chunk(b"IEND", b"")


def dot() -> bytes:
    return png(1, 1, chunk(b"IDAT", zlib.compress(b"\0\0")))


def made(kind: str, mode: str = "RGB", **options: object) -> bytes:
    picture = PIL.Image.fromarray(
        numpy.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=numpy.uint8)
    ).convert(mode)
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def hostile() -> Iterator[tuple[str, bytes]]:
    """Yield files that no decoder of ours may accept."""
    yield "nothing", b""
    yield "a huge claim", png(60_000, 60_000, chunk(b"IDAT", zlib.compress(b"\0\0")))
    yield "a claim of 2^31", png(2**31 - 1, 2**31 - 1)
    yield "no side", png(0, 0)
    yield "no data", png(4, 4)
    yield "zlib that is none", png(4, 4, chunk(b"IDAT", b"\xff" * 40))
    yield "50 MB of text", png(1, 1, chunk(b"zTXt", b"a\0\0" + zlib.compress(b"x" * 50_000_000)))
    yield from {
        "html": b"<html><script>alert(1)</script></html>",
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        "pdf": b"%PDF-1.7\n1 0 obj",
        "zip": b"PK\x03\x04" + b"\0" * 60,
        "psd": b"8BPS\0\x01" + b"\0" * 60,
        "fits": b"SIMPLE  =                    T" + b" " * 2850,
        "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n",
        "icns": b"icns\0\0\0\x10" + b"\0" * 8,
        "dds": b"DDS |\0\0\0" + b"\0" * 120,
        "tiff": b"II*\0\x08\0\0\0" + b"\0" * 60,
        "bmp": made("BMP"),
        "ico": made("ICO"),
        "mp4": b"\0\0\0\x18ftypmp42" + b"\0" * 40,
        "elf": b"\x7fELF" + b"\0" * 60,
        "text": b"hello",
        "truncated webp": made("WEBP")[:40],
        "a webp that claims all": b"RIFF\xff\xff\xff\x7fWEBPVP8X\n\0\0\0\x10\0\0\0" + b"\xff" * 6,
        "a gif of nothing": b"GIF89a\xff\xff\xff\xff\0\0\0;",
        "only a jpeg's mark": b"\xff\xd8\xff",
        "a jpeg of three frames": b"\xff\xd8"
        + b"\xff\xc0\0\x0b\x08\xff\xff\xff\xff\x01\x01\x11\0" * 3,
    }.items()
    whole = made("PNG")
    for end in range(1, len(whole) - 40, 97):
        yield f"a png cut at {end}", whole[:end]


def harmless() -> Iterator[tuple[str, bytes]]:
    """Yield odd files that are pictures all the same."""
    yield "a dot", dot()
    yield "trailing html", dot() + b"<html><script>alert(1)</script>"
    yield "trailing zip", dot() + b"PK\x03\x04" + b"\0" * 60
    yield (
        "many texts",
        png(
            1,
            1,
            *[chunk(b"tEXt", b"k%d\0v" % n) for n in range(500)],
            chunk(b"IDAT", zlib.compress(b"\0\0")),
        ),
    )
    for mode in ("1", "L", "P", "RGB", "RGBA", "LA", "I;16"):
        yield f"png {mode}", made("PNG", mode if mode != "I;16" else "L")
    for mode in ("L", "RGB", "CMYK"):
        yield f"jpeg {mode}", made("JPEG", mode)
    yield "progressive", made("JPEG", progressive=True)
    yield "webp", made("WEBP")
    yield "gif", made("GIF", "P")
    frames = [PIL.Image.new("P", (4, 4), n) for n in range(200)]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    yield "a gif of many frames", file.getvalue()


WAYS: dict[str, Callable[[bytes], str]] = {
    "bare": lambda data: base64.b64encode(data).decode(),
    "data uri": lambda data: f"data:image/png;base64,{base64.b64encode(data).decode()}",
    "wrong kind": lambda data: f"data:text/html;base64,{base64.b64encode(data).decode()}",
    "with lines": lambda data: base64.encodebytes(data).decode(),
    "for addresses": lambda data: base64.urlsafe_b64encode(data).decode(),
    "without padding": lambda data: base64.b64encode(data).decode().rstrip("="),
}


def test_there_are_enough() -> None:
    assert len(list(hostile())) + len(list(harmless())) * len(WAYS) >= 80


def test_hostile_pictures_are_refused(page: TestClient) -> None:
    for name, data in hostile():
        for path in ("/sdapi/v1/png-info", "/sdapi/v1/extra-single-image"):
            answer = page.post(path, json={"image": base64.b64encode(data).decode() or "="})
            assert answer.status_code == 422, (name, path, answer.text[:200])
        kept = page.post(
            "/v1/gallery/sketches", content=data, headers={"Content-Type": "image/png"}
        )
        assert kept.status_code == 415, (name, kept.text[:200])


@pytest.mark.parametrize("way", WAYS)
def test_odd_pictures_are_read_however_they_are_sent(page: TestClient, way: str) -> None:
    for name, data in harmless():
        answer = page.post("/sdapi/v1/png-info", json={"image": WAYS[way](data)})
        assert answer.status_code == 200, (name, answer.text[:200])


def test_what_is_kept_is_made_anew(page: TestClient) -> None:
    polyglot = dot() + b"<html><script>alert(1)</script>"
    kept = page.post(
        "/v1/gallery/sketches", content=polyglot, headers={"Content-Type": "image/png"}
    )
    assert kept.status_code == 201
    file = page.get(f"/v1/gallery/{kept.json()['id']}/file")
    assert b"script" not in file.content
    assert Image.decode(file.content).width == 1
    assert file.headers["content-type"] == "image/png"
    assert file.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in file.headers["content-security-policy"]


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/a.png",
        "https://[::ffff:127.0.0.1]/a.png",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://169.254.169.254/latest/meta-data",
        "HTTP://localhost./a.png",
        "file:///etc/passwd",
        "ftp://127.0.0.1/a.png",
        "gopher://127.0.0.1/",
        "http://user:password@127.0.0.1/",
        "//127.0.0.1/a.png",
    ],
)
def test_no_address_is_looked_up(
    page: TestClient, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reached(*_: object) -> None:
        raise AssertionError("something was connected to")

    monkeypatch.setattr("socket.socket.connect", reached)
    monkeypatch.setattr("socket.getaddrinfo", reached)
    for path, body in {
        "/sdapi/v1/png-info": {"image": address},
        "/sdapi/v1/img2img": {"init_images": [address]},
    }.items():
        assert page.post(path, json=body).status_code == 422


def test_a_picture_above_the_limit_is_refused(page: TestClient) -> None:
    body = {"image": "A" * (29 * 2**20)}
    answer = page.post("/sdapi/v1/png-info", json=body)
    assert answer.status_code == 422
    assert "20 MiB" in answer.json()["detail"]
