"""Upscalers by every name people know them by: what is built in, and files that people have."""

from collections.abc import Mapping
from typing import Annotated

from underpaint.errors import RequestError
from underpaint.requests._fields import MaxBytes

UpscalerName = Annotated[str, MaxBytes(1024)]

# Our ids of those built in, and the labels of AUTOMATIC1111's menu, in its order.
UPSCALERS: Mapping[str, str] = {
    "latent": "Latent",
    "latent_antialiased": "Latent (antialiased)",
    "latent_bicubic": "Latent (bicubic)",
    "latent_bicubic_antialiased": "Latent (bicubic antialiased)",
    "latent_nearest": "Latent (nearest)",
    "latent_nearest_exact": "Latent (nearest-exact)",
    "lanczos": "Lanczos",
    "nearest": "Nearest",
}
_IDS = {known.casefold(): id for id, label in UPSCALERS.items() for known in (id, label)} | {
    "none": "lanczos"  # what A1111's None does where a size must be come to
}


def upscaler_id(name: str) -> str:
    """Return the id of an upscaler: of one built in, given its id or label in any letter case.

    Any other name is a file's and stays as it is; only who knows the folders can tell whether
    there is one.

    Raises:
        RequestError: it is no name at all.
    """
    if not name.strip():
        raise RequestError(f"upscaler is {name!r}; it must be the name of an upscaler")
    return _IDS.get(name.casefold(), name)


def picture_upscaler_id(name: str, field: str) -> str:
    """Return the id of an upscaler that works on pictures; see `upscaler_id`.

    Args:
        name: what was said.
        field: where, for the error.

    Raises:
        RequestError: it is no name, or that of an upscaler for latents.
    """
    id = upscaler_id(name)
    if is_latent(id):
        raise RequestError(
            f"{field} is {name!r}, which works on latents; it must be lanczos, nearest "
            "or the name of an upscaler's file"
        )
    return id


def is_latent(upscaler: str) -> bool:
    """Return whether an upscaler works on latents; the others work on pictures."""
    return upscaler in UPSCALERS and upscaler.startswith("latent")


def files(*upscalers: str) -> list[tuple[str, str]]:
    """Return the kind and the name of each file among upscalers.

    Args:
        *upscalers: their ids.
    """
    return [("upscalers", name) for name in upscalers if name not in UPSCALERS]
