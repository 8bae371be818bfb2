"""Samplers and schedules as A1111's lists have them; all read off our catalogue."""

from collections.abc import Mapping
from typing import cast

from underpaint import catalog
from underpaint.requests import _samplers
from underpaint.requests.image import ImageRequest

# What A1111's list says of a schedule besides its names.
_RHO = {"karras": 7.0, "polyexponential": 1.0}
_BY_THE_MODEL = ("uniform", "sgm_uniform", "simple", "normal", "ddim", "beta")
_ALIASES: Mapping[str, tuple[str, ...]] = {"sgm_uniform": ("SGMUniform",)}

LATENT_UPSCALERS = (
    "Latent",
    "Latent (antialiased)",
    "Latent (bicubic)",
    "Latent (bicubic antialiased)",
    "Latent (nearest)",
    "Latent (nearest-exact)",
)


def samplers() -> list[dict[str, object]]:
    """Return what `/samplers` lists: the one that requests default to, then the others by name."""
    default = ImageRequest().sampler
    ids = sorted(_samplers.samplers(), key=lambda id: (id != default, _samplers.label(id).lower()))
    return [_sampler(id) for id in ids]


def _sampler(id: str) -> dict[str, object]:
    constants = catalog.constants(_samplers.SAMPLERS, id)
    own, order = _samplers.own_schedule(id), cast(float, constants.get("ORDER", 1))
    options = {
        "scheduler": own if own in ("karras", "exponential") else None,
        "second_order": "True" if order > 1 else None,
        "brownian_noise": "True" if constants.get("NOISE") == "brownian" else None,
    }
    aliases = cast(tuple[str, ...], constants.get("ALIASES", ()))
    return {
        "name": _samplers.label(id),
        "aliases": list(dict.fromkeys((*aliases, id))),
        "options": {name: value for name, value in options.items() if value},
    }


def schedules() -> list[dict[str, object]]:
    """Return what `/schedulers` lists, "automatic" first."""
    return [
        {
            "name": id,
            "label": label,
            "aliases": list(_ALIASES.get(id, ())),
            "default_rho": _RHO.get(id, -1.0),
            "need_inner_model": id in _BY_THE_MODEL,
        }
        for id, label in _samplers.SCHEDULES.items()
    ]


def sampler(id: str) -> str:
    """Return what A1111 calls the sampler of an id."""
    return _samplers.label(id)


def shown(field: str, value: object) -> object:
    """Return the value of a field of our request as A1111's menus show it."""
    if field == "sampler":
        return _samplers.label(str(value))
    return _samplers.SCHEDULES[str(value)] if field == "schedule" else value
