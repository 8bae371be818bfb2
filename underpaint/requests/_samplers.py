"""Samplers and schedules by every name people know them by.

The catalogue is read once, and none of its modules is imported.
"""

from collections.abc import Mapping
from functools import cache
from typing import cast

from underpaint import catalog
from underpaint.errors import RequestError, UnknownEntryError

SAMPLERS = "underpaint.diffusion.samplers"
AUTOMATIC = "automatic"

# Our ids and the labels of AUTOMATIC1111's menu, and of Forge's one more; "automatic" leaves it to
# the sampler.
SCHEDULES: Mapping[str, str] = {
    "automatic": "Automatic",
    "uniform": "Uniform",
    "karras": "Karras",
    "exponential": "Exponential",
    "polyexponential": "Polyexponential",
    "sgm_uniform": "SGM Uniform",
    "kl_optimal": "KL Optimal",
    "align_your_steps": "Align Your Steps",
    "simple": "Simple",
    "normal": "Normal",
    "ddim": "DDIM",
    "beta": "Beta",
    "turbo": "Turbo",
}

# What other programs call them.
_ALIASES = {
    "ka": "karras",
    "ddim_uniform": "ddim",
    "ays": "align_your_steps",
    "discrete": "uniform",
}


@cache
def samplers() -> tuple[str, ...]:
    """Return the samplers' ids, sorted."""
    return catalog.ids(SAMPLERS)


def label(sampler: str) -> str:
    """Return what A1111 calls the sampler of this id: "DPM++ 2M"."""
    return str(_constants(sampler).get("LABEL", sampler))


def own_schedule(sampler: str) -> str:
    """Return the schedule that "automatic" means for the sampler of this id."""
    return str(_constants(sampler).get("SCHEDULE", "uniform"))


@cache
def _constants(sampler: str) -> Mapping[str, object]:
    return catalog.constants(SAMPLERS, sampler)


def schedule_id(name: str) -> str:
    """Return the id of a schedule, given its id or label in any letter case.

    Raises:
        UnknownEntryError: there is no such schedule.
    """
    found = _schedules_by_name().get(_folded(name))
    if found is None:
        raise UnknownEntryError("schedules", name, tuple(SCHEDULES))
    return found


def sampler_id(name: str) -> str:
    """Return the id of a sampler, given its id, label or an alias in any letter case.

    Raises:
        UnknownEntryError: there is no such sampler.
    """
    if name in samplers():
        return name
    found = _samplers_by_name().get(_folded(name))
    if found is None:
        raise UnknownEntryError("samplers", name, samplers())
    return found


def sampler_and_schedule(sampler: str, schedule: str) -> tuple[str, str]:
    """Return the ids of both; `sampler` may end in a schedule, as in "DPM++ 2M Karras".

    Raises:
        UnknownEntryError: there is no such sampler or schedule.
        RequestError: the sampler's name ends in another schedule than `schedule`.
    """
    asked = schedule_id(schedule)
    named, ending = _split(sampler)
    if AUTOMATIC not in (asked, ending) and asked != ending:
        raise RequestError(
            f"sampler {sampler!r} asks for the schedule {ending} but schedule is {asked}; "
            "give one of them only"
        )
    return sampler_id(named), ending if asked == AUTOMATIC else asked


def _split(name: str) -> tuple[str, str]:
    """Return a sampler's name without the schedule at its end, and that schedule's id.

    A whole name wins: "DDIM" ends in a schedule's name and is a sampler.
    """
    if name in samplers():  # the usual case, and the only one that opens no file
        return name, AUTOMATIC
    by_name, folded = _samplers_by_name(), _folded(name)
    if folded in by_name:
        return by_name[folded], AUTOMATIC
    for ending, schedule in _schedules_by_name().items():
        head = folded.removesuffix(ending)
        if head != folded and head in by_name:
            return by_name[head], schedule
    return name, AUTOMATIC


@cache
def _samplers_by_name() -> dict[str, str]:
    """Return every name a sampler answers to, folded, and its id; ids win over labels."""
    names: dict[str, str] = {}
    for sampler in samplers():
        constants = _constants(sampler)
        aliases = cast(tuple[str, ...], constants.get("ALIASES", ()))
        names |= {_folded(alias): sampler for alias in aliases}
        names |= {_folded(str(constants.get("LABEL", sampler))): sampler}
    return names | {_folded(sampler): sampler for sampler in samplers()}


@cache
def _schedules_by_name() -> dict[str, str]:
    names = {_folded(name): id_ for id_, said in SCHEDULES.items() for name in (said, id_)}
    return names | {_folded(name): id_ for name, id_ in _ALIASES.items()}


def _folded(name: str) -> str:
    """Return `name` without what people write differently: case, spaces, underscores, hyphens."""
    return "".join(name.casefold().split()).replace("_", "").replace("-", "")
