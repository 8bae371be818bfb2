"""Options: their types, their bounds, and what may not be changed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from underpaint.errors import RequestError
from underpaint.faces.a1111 import options


def test_defaults_are_sound_and_come_back_as_they_are() -> None:
    assert options.checked(options.DEFAULTS) == {
        name: value for name, value in options.DEFAULTS.items() if not options.OPTIONS[name].only
    }
    assert json.loads(json.dumps(options.DEFAULTS)) == options.DEFAULTS


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("jpeg_quality", "70", 70),
        ("jpeg_quality", 70.0, 70),
        ("jpeg_quality", None, 80),
        ("eta_ancestral", 1, 1.0),
        ("samples_format", "webp", "webp"),
        ("return_grid", False, False),
        ("sd_model_checkpoint", "mini", "mini"),
        ("quicksettings_list", ["a", "b"], ["a", "b"]),
        ("emphasis", "No norm", "No norm"),
        ("CLIP_stop_at_last_layers", 12, 12),
    ],
)
def test_values_are_taken_in_their_type(name: str, value: object, kept: object) -> None:
    assert options.checked({name: value}) == {name: kept}
    assert type(options.checked({name: value})[name]) is type(kept)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("jpeg_quality", 0, "jpeg_quality is '0'; it must be a whole number between 1 and 100"),
        ("jpeg_quality", 1.5, "jpeg_quality is '1.5'"),
        ("jpeg_quality", True, "jpeg_quality is 'True'"),
        ("jpeg_quality", "nan", "jpeg_quality is 'nan'"),
        ("eta_ancestral", float("nan"), "eta_ancestral is 'nan'"),
        ("return_grid", 1, "return_grid is '1'; it must be true or false"),
        ("samples_format", "bmp", "samples_format is 'bmp'; it must be one of png"),
        ("samples_format", 7, "samples_format is '7'"),
        ("sd_model_checkpoint", "a\r\nb", "sd_model_checkpoint is 'a\\r\\nb'; it must be a text"),
        ("sd_model_checkpoint", "x" * 5000, "sd_model_checkpoint is"),
        ("quicksettings_list", [1], "quicksettings_list is '[1]'; it must be a list of texts"),
        ("upscaler_for_img2img", 4, "upscaler_for_img2img is '4'; it must be a text"),
        ("img2img_fix_steps", True, "img2img_fix_steps cannot be set; steps are"),
        ("token_merging_ratio", 0.5, "token_merging_ratio is '0.5'"),
        ("sd_vae", 1, "sd_vae is '1'; it must be a text"),
        ("outdir_samples", "/etc", "outdir_samples cannot be set; "),
        ("api_enable_requests", True, "api_enable_requests cannot be set; "),
    ],
)
def test_other_values_are_refused(name: str, value: object, words: str) -> None:
    with pytest.raises(RequestError) as refusal:
        options.checked({name: value})
    assert str(refusal.value).startswith(words)


def test_what_has_no_effect_is_told_to_who_sets_it() -> None:
    assert options.idle({"samples_save": False, "jpeg_quality": 7, "ESRGAN_tile": 192}) == (
        "samples_save has no effect here; every picture is kept in the gallery",
    )
    assert options.idle(options.DEFAULTS) == ()


def test_unknown_options_are_passed_over() -> None:
    assert options.checked({"forge_additional_modules": [], "x": {"y": 1}}) == {}


def test_what_a_call_overrides_goes_before_what_is_set() -> None:
    settings = options.with_overrides(
        {"jpeg_quality": 70, "return_grid": False}, {"jpeg_quality": 60}
    )
    assert (settings["jpeg_quality"], settings["return_grid"], settings["sigma_min"]) == (
        60,
        False,
        0,
    )
    assert set(settings) == set(options.OPTIONS)


def test_kept_values_that_are_no_longer_sound_are_left_out() -> None:
    assert options.known({"jpeg_quality": 999, "return_grid": False, "page.theme": 1}) == {
        "return_grid": False
    }


@given(
    st.dictionaries(
        st.sampled_from([*options.OPTIONS, "x"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=2)
            ),
        ),
        max_size=3,
    )
)
def test_any_change_is_sound_or_refused(changes: dict[str, object]) -> None:
    try:
        kept = options.checked(changes)
    except RequestError as error:
        assert "\n" not in str(error)
    else:
        json.dumps(kept, allow_nan=False)
        assert options.checked(kept) == kept
