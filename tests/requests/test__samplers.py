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


@pytest.mark.parametrize(
    ("name", "schedule"),
    [
        ("SGMUniform", "sgm_uniform"),
        ("ddim_uniform", "ddim"),
        ("AYS", "align_your_steps"),
        ("discrete", "uniform"),
    ],
)
def test_other_spellings_of_schedules_are_known(name: str, schedule: str) -> None:
    assert schedule_id(name) == schedule


A1111 = {
    "DPM++ 2M": ("k_dpmpp_2m", "karras"),
    "DPM++ SDE": ("k_dpmpp_sde", "karras"),
    "DPM++ 2M SDE": ("k_dpmpp_2m_sde", "exponential"),
    "DPM++ 2M SDE Heun": ("k_dpmpp_2m_sde_heun", "exponential"),
    "DPM++ 2S a": ("k_dpmpp_2s_a", "karras"),
    "DPM++ 3M SDE": ("k_dpmpp_3m_sde", "exponential"),
    "Euler a": ("k_euler_a", "uniform"),
    "Euler": ("k_euler", "uniform"),
    "LMS": ("k_lms", "uniform"),
    "Heun": ("k_heun", "uniform"),
    "DPM2": ("k_dpm_2", "karras"),
    "DPM2 a": ("k_dpm_2_a", "karras"),
    "DPM fast": ("k_dpm_fast", "uniform"),
    "DPM adaptive": ("k_dpm_ad", "uniform"),
    "Restart": ("restart", "karras"),
    "DDIM": ("ddim", "ddim"),
    "DDIM CFG++": ("ddim_cfgpp", "ddim"),
    "PLMS": ("plms", "ddim"),
    "UniPC": ("unipc", "uniform"),
    "LCM": ("k_lcm", "sgm_uniform"),
}
"""Its twenty labels in the order of its menu, an alias, and what automatic means."""


@pytest.mark.parametrize("said", A1111)
def test_every_sampler_of_a1111_is_there(said: str) -> None:
    alias, schedule = A1111[said]
    sampler = sampler_id(said)
    assert label(sampler) == said
    assert sampler_id(alias) == sampler
    assert own_schedule(sampler) == schedule


def test_every_schedule_of_a1111_is_there() -> None:
    labels = "Automatic, Uniform, Karras, Exponential, Polyexponential, SGM Uniform, KL Optimal"
    labels += ", Align Your Steps, Simple, Normal, DDIM, Beta"
    assert labels.split(", ") == list(SCHEDULES.values())[:12]


@pytest.mark.parametrize(
    ("name", "sampler", "schedule"),
    [
        ("DPM++ 2S a Karras", "dpmpp_2s_ancestral", "karras"),
        ("DPM++ 3M SDE Exponential", "dpmpp_3m_sde", "exponential"),
        ("DPM2 a Karras", "dpm_2_ancestral", "karras"),
        ("k_dpmpp_2m_ka", "dpmpp_2m", "karras"),
        ("k_dpm_2_a_ka", "dpm_2_ancestral", "karras"),
        ("k_lms_ka", "lms", "karras"),
        ("dpmpp_2m_sde_gpu", "dpmpp_2m_sde", "automatic"),
        ("uni_pc", "unipc", "automatic"),
        ("UniPC SGM Uniform", "unipc", "sgm_uniform"),
    ],
)
def test_old_and_foreign_names_are_taken_apart(name: str, sampler: str, schedule: str) -> None:
    assert sampler_and_schedule(name, AUTOMATIC) == (sampler, schedule)


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
