"""What is said of pictures."""

import json
from datetime import datetime

import numpy

from underpaint import infotext
from underpaint.faces.a1111 import info
from underpaint.media import Image
from underpaint.requests.image import ImageRequest

REQUEST = ImageRequest(
    prompt="a fox", negative="people", steps=9, seed=3, variation_seed=4, batch=2
)
TEXTS = [
    infotext.write(REQUEST.alone(index), model_hash="0123456789", model_name="mini")
    for index in range(2)
]
PAINTED = [
    (REQUEST.alone(index), Image.of(numpy.zeros((8, 8), numpy.uint8), TEXTS[index]))
    for index in range(2)
]
AT = datetime(2026, 11, 24, 12, 30, 5)


def told(first: int = 0, notes: tuple[str, ...] = ()) -> dict[str, object]:
    text = info.info(
        PAINTED, model="mini", model_hash="0123456789", at=AT, first=first, notes=notes
    )
    return json.loads(text)


def test_every_picture_is_told_of() -> None:
    about = told()
    assert about["all_seeds"] == [3, 4]
    assert about["all_subseeds"] == [4, 5]
    assert about["all_prompts"] == ["a fox", "a fox"]
    assert about["infotexts"] == TEXTS
    assert about["sampler_name"] == "DPM++ 2M"
    assert (about["sd_model_name"], about["sd_model_hash"]) == ("mini", "0123456789")
    assert about["job_timestamp"] == "20261124123005"
    assert str(about["version"]).startswith("underpaint")
    assert about["extra_generation_params"] == {"Schedule type": "Karras"} | {
        key: value
        for key, value in infotext.parts(TEXTS[0])[2].items()
        if key in ("RNG", "Denoising strength")
    }
    assert "warnings" not in about


def test_a_grid_has_the_first_ones_text() -> None:
    assert told(first=1)["infotexts"] == [TEXTS[0], *TEXTS]
    assert told(first=1)["index_of_first_image"] == 1


def test_notes_are_told() -> None:
    assert told(notes=("interrupted",))["warnings"] == ["interrupted"]


def test_a_text_is_parsed_as_their_importer_does() -> None:
    said = info.parsed(
        "a fox\nNegative prompt: people\nSteps: 9, Sampler: Euler a, Seed: 3, Size: 64x128, "
        'Clip skip: 2, Lora hashes: "a: 1, b: 2", Model: x'
    )
    assert (said["Prompt"], said["Negative prompt"], said["Lora hashes"]) == (
        *("a fox", "people", "a: 1, b: 2"),
    )
    assert (said["Size-1"], said["Size-2"], said["Clip skip"], said["Model"]) == (
        *("64", "128", "2", "x"),
    )
    assert said["Schedule type"] == "Automatic" and said["Hires sampler"] == "Use same sampler"
    assert info.parsed("") == {}
