"""The public face: what it exports, and what it does not import."""

import importlib
import subprocess
import sys

import pytest

import underpaint
from underpaint.engines import inline
from underpaint.media import Image
from underpaint.requests.image import ImageRequest
from underpaint.requests.upscale import UpscaleRequest

EXPORTED = [
    "Image",
    "ImageRequest",
    "UpscaleRequest",
    "errors",
    "events",
    "generate",
    "load",
    "requests",
]


def test_what_is_exported_is_what_we_promise() -> None:
    assert underpaint.__all__ == EXPORTED
    assert underpaint.__all__ == sorted(underpaint.__all__)
    assert dir(underpaint) == underpaint.__all__


def test_every_export_is_there_and_is_the_thing_itself() -> None:
    assert underpaint.Image is Image
    assert underpaint.ImageRequest is ImageRequest
    assert underpaint.UpscaleRequest is UpscaleRequest
    assert underpaint.load is inline.load
    assert underpaint.generate is inline.generate
    for name in ("errors", "events", "requests"):
        assert getattr(underpaint, name) is importlib.import_module(f"underpaint.{name}")


def test_what_is_not_exported_is_not_there() -> None:
    with pytest.raises(AttributeError, match="'underpaint' has no attribute 'nothing'"):
        _ = underpaint.nothing  # pyright: ignore


def test_requests_and_errors_need_no_torch() -> None:
    code = (
        "import sys, underpaint; underpaint.ImageRequest(); underpaint.errors; underpaint.events;"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
