"""Every name people know a sampler by leads to it; whatever is in the catalogue is tried."""

import re

import pytest

from underpaint import catalog
from underpaint.errors import RequestError, UnknownEntryError
from underpaint.requests._samplers import (
    AUTOMATIC,
    SAMPLERS,
    SCHEDULES,
    label,
    own_schedule,
    sampler_and_schedule,
    sampler_id,
    samplers,
    schedule_id,
)

every_sampler = pytest.mark.parametrize("sampler", samplers())
every_schedule = pytest.mark.parametrize("schedule", SCHEDULES)


def names(sampler: str) -> list[str]:
    aliases = catalog.constants(SAMPLERS, sampler).get("ALIASES", ())
    assert isinstance(aliases, tuple)
    return [sampler, label(sampler), *aliases]


def test_those_people_ask_for_are_there() -> None:
    usual = {"Euler": "euler", "Euler a": "euler_ancestral", "DPM++ 2M": "dpmpp_2m"}
    usual |= {"k_euler_a": "euler_ancestral", "DDIM": "ddim", "DPM++ SDE": "dpmpp_sde"}
    assert {name: sampler_id(name) for name in usual} == usual


@every_sampler
def test_every_name_leads_to_the_sampler(sampler: str) -> None:
    for name in names(sampler):
        for said in (name, name.upper(), name.lower(), f" {name} "):
            assert sampler_id(said) == sampler
            assert sampler_and_schedule(said, AUTOMATIC) == (sampler, AUTOMATIC)


@every_sampler
def test_every_sampler_has_a_schedule_of_its_own(sampler: str) -> None:
    assert own_schedule(sampler) in SCHEDULES
    assert own_schedule(sampler) != AUTOMATIC


def test_no_two_samplers_share_a_name() -> None:
    said = [name.casefold() for sampler in samplers() for name in set(names(sampler))]
    owners = [(name, sampler_id(name)) for name in said]
    assert all(name in [one.casefold() for one in names(owner)] for name, owner in owners)


@every_schedule
def test_every_schedule_has_a_label_and_an_ending(schedule: str) -> None:
    said = SCHEDULES[schedule]
    assert schedule_id(said) == schedule_id(said.upper()) == schedule_id(schedule) == schedule
    for sampler in samplers():
        for name in names(sampler):
            assert sampler_and_schedule(f"{name} {said}", AUTOMATIC) == (sampler, schedule)


def test_the_spelling_without_a_space_is_known() -> None:
    assert schedule_id("SGMUniform") == "sgm_uniform"


def test_a_schedule_asked_for_twice_must_be_one() -> None:
    assert sampler_and_schedule("dpm++ 2m karras", "Karras") == ("dpmpp_2m", "karras")
    assert sampler_and_schedule("DPM++ 2M Automatic", "simple") == ("dpmpp_2m", "simple")
    with pytest.raises(RequestError, match="karras but schedule is simple"):
        sampler_and_schedule("DPM++ 2M Karras", "simple")


@pytest.mark.parametrize("name", ["", "eular", "Karras", "DPM++", "x Karras", "_step", "../euler"])
def test_unknown_samplers_list_the_known(name: str) -> None:
    known = f"no {re.escape(repr(name))} in samplers.*dpmpp_2m"
    with pytest.raises(UnknownEntryError, match=known):
        sampler_and_schedule(name, AUTOMATIC)


def test_unknown_schedules_list_the_known() -> None:
    with pytest.raises(UnknownEntryError, match=r"no 'carras'.*schedules.*karras"):
        sampler_and_schedule("euler", "carras")
