"""Upscalers by every name people know them by."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from underpaint.requests._labels import id_of

Upscaler: TypeAlias = Literal[
    "latent",
    "latent_antialiased",
    "latent_bicubic",
    "latent_bicubic_antialiased",
    "latent_nearest",
    "latent_nearest_exact",
    "lanczos",
    "nearest",
]

# Our ids and the labels of AUTOMATIC1111's menu, in its order.
UPSCALERS: Mapping[Upscaler, str] = {
    "latent": "Latent",
    "latent_antialiased": "Latent (antialiased)",
    "latent_bicubic": "Latent (bicubic)",
    "latent_bicubic_antialiased": "Latent (bicubic antialiased)",
    "latent_nearest": "Latent (nearest)",
    "latent_nearest_exact": "Latent (nearest-exact)",
    "lanczos": "Lanczos",
    "nearest": "Nearest",
}


def upscaler_id(name: str) -> Upscaler:
    """Return the id of an upscaler, given its id or label in any letter case.

    Raises:
        UnknownEntryError: there is no such upscaler; lists those there are.
    """
    return id_of(name, UPSCALERS, "upscalers")
