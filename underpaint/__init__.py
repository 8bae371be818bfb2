"""A Stable Diffusion studio: your sketch is the underpainting; diffusion paints the rest.

    from underpaint import ImageRequest, events, generate

    request = ImageRequest(prompt="a banana", batch=1)
    for event in generate(request):
        if isinstance(event, events.Finished):
            Path("banana.png").write_bytes(event.media.png())

What is here is imported when it is first used, so who only makes requests loads no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from underpaint import errors, events, requests
    from underpaint.engines.inline import generate, load
    from underpaint.media import Image
    from underpaint.requests.image import ImageRequest
    from underpaint.requests.upscale import UpscaleRequest

__all__ = [
    "Image",
    "ImageRequest",
    "UpscaleRequest",
    "errors",
    "events",
    "generate",
    "load",
    "requests",
]

_HOMES = {
    "Image": "underpaint.media",
    "ImageRequest": "underpaint.requests.image",
    "UpscaleRequest": "underpaint.requests.upscale",
    "generate": "underpaint.engines.inline",
    "load": "underpaint.engines.inline",
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
