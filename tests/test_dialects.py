"""JSON of other programs; whole texts of theirs are in tests/golden/infotexts.toml."""

import json

import pytest

from underpaint.dialects import Said, understood


def test_the_schedule_of_karras_is_behind_invokeais_sampler() -> None:
    said = understood('{"positive_prompt": "a", "scheduler": "kdpm_2_a_k", "app_version": "4"}')
    assert said is not None
    assert said.pairs["Sampler"] == "kdpm_2_a Karras"
    assert said.pairs["Version"] == "InvokeAI 4"


def test_invokeai_counts_skipped_layers_from_none() -> None:
    for skipped, ours in ((0, "1"), (1, "2"), (None, "1")):
        said = understood(json.dumps({"positive_prompt": "a", "clip_skip": skipped}))
        assert said is not None
        assert said.pairs["Clip skip"] == ours


@pytest.mark.parametrize("said", ["(1152, 896)", "1152x896", "[1152, 896]"])
def test_fooocus_says_the_size_in_some_ways(said: str) -> None:
    found = understood(json.dumps({"metadata_scheme": "fooocus", "resolution": said}))
    assert found is not None
    assert found.pairs["Size"] == "1152x896"


def test_what_is_not_there_is_not_said() -> None:
    found = understood('{"uc": null, "seed": null, "steps": [1], "width": "wide"}')
    assert found == Said("", "", {"Version": "NovelAI"})


@pytest.mark.parametrize(
    "text", ["", "a {cat|dog}", "{cat|dog}", '{"a": 1}', "[]", "{", '{"uc": ' * 2000, "{" * 100_000]
)
def test_other_texts_are_left_to_others(text: str) -> None:
    assert understood(text) is None
