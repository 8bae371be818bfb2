"""Their names for samplers and schedules."""

import pytest

from underpaint import catalog
from underpaint.faces.a1111 import labels
from underpaint.requests import _samplers
from underpaint.requests.image import ImageRequest

SAMPLERS = """
    DPM++ 2M, DPM++ SDE, DPM++ 2M SDE, DPM++ 2M SDE Heun, DPM++ 2S a, DPM++ 3M SDE, Euler a, Euler,
    LMS, Heun, DPM2, DPM2 a, DPM fast, DPM adaptive, Restart, DDIM, DDIM CFG++, PLMS, UniPC, LCM
"""


@pytest.mark.parametrize("name", [name.strip() for name in SAMPLERS.split(",")])
def test_every_sampler_of_a1111_is_there_by_its_exact_name(name: str) -> None:
    assert name in [each["name"] for each in labels.samplers()]


def test_every_name_that_is_listed_is_understood() -> None:
    for each in labels.samplers():
        for name in [each["name"], *list(each["aliases"])]:  # pyright: ignore[reportArgumentType]
            sampler = ImageRequest(sampler=str(name)).sampler
            assert labels.sampler(sampler) == each["name"]
    for each in labels.schedules():
        names = [each["name"], each["label"], *list(each["aliases"])]  # pyright: ignore[reportArgumentType]
        assert {ImageRequest(schedule=str(name)).schedule for name in names} == {each["name"]}


def test_options_say_what_automatic_means() -> None:
    listed = {each["name"]: each["options"] for each in labels.samplers()}
    assert listed["DPM++ 2M"] == {"scheduler": "karras", "second_order": "True"}
    assert listed["Euler"] == {}
    assert "brownian_noise" in listed["DPM++ SDE"]  # pyright: ignore[reportOperatorIssue]


def test_values_are_shown_by_their_labels() -> None:
    assert labels.shown("sampler", "dpmpp_2m") == "DPM++ 2M"
    assert labels.shown("schedule", "sgm_uniform") == "SGM Uniform"
    assert labels.shown("steps", 20) == 20
    assert len(labels.samplers()) == len(catalog.ids(_samplers.SAMPLERS))
