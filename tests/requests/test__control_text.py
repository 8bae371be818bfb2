"""Controls in the text of a picture: ours and A1111's, of today and of 2023."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from underpaint.errors import RequestError, UnknownEntryError
from underpaint.requests._control_text import placing_id, thresholds, told, understood
from underpaint.requests._controls import MODES, PLACINGS, Control
from underpaint.requests._preprocessors import preprocessors, settings

TODAY = (
    "Module: canny, Model: control_v11p_sd15_canny [d14c016b], Weight: 0.8, "
    "Resize Mode: Resize and Fill, Low Vram: False, Processor Res: 512, Threshold A: 50, "
    "Threshold B: 150.0, Guidance Start: 0.1, Guidance End: 0.9, Pixel Perfect: True, "
    "Control Mode: ControlNet is more important, Hr Option: Both, Save Detected Map: True"
)
BEFORE = (
    "preprocessor: canny, model: control_sd15_canny [fef5e48e], weight: 1, "
    "starting/ending: (0.25, 0.75), resize mode: Crop and Resize, pixel perfect: False, "
    "control mode: Balanced, preprocessor params: (512, 60, 160)"
)


def test_reads_what_the_extension_writes() -> None:
    assert understood({"Steps": "20", "ControlNet 0": TODAY}) == (
        Control(
            model="control_v11p_sd15_canny [d14c016b]",
            preprocessor="canny",
            weight=0.8,
            resize="fill",
            threshold_a=50.0,
            threshold_b=150.0,
            start=0.1,
            end=0.9,
            mode="control",
        ),
    )


def test_reads_what_it_wrote_before() -> None:
    assert understood({"ControlNet": BEFORE}) == (
        Control(
            model="control_sd15_canny [fef5e48e]",
            preprocessor="canny",
            start=0.25,
            end=0.75,
            threshold_a=60.0,
            threshold_b=160.0,
        ),
    )


def test_several_come_in_the_order_of_their_numbers() -> None:
    pairs = {f"controlnet {n}": f"Module: none, Model: m{n}" for n in (10, 2, 0)}
    assert [each.model for each in understood(pairs)] == ["m0", "m2", "m10"]
    assert understood({"ControlNets": "Model: m", "Control": "x"}) == ()


def test_a_preprocessor_that_is_not_here_made_the_picture_elsewhere() -> None:
    (control,) = understood({"ControlNet 0": "Module: depth_midas, Model: depth, Threshold A: 9"})
    assert (control.preprocessor, control.threshold_a) == ("none", None)


@pytest.mark.parametrize("text", ["", "on", "Weight: 1", "Module: reference_only, Model: None"])
def test_what_leads_without_a_controlnet_is_passed_over(text: str) -> None:
    assert understood({"ControlNet 0": text}) == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Model: m, Weight: much", "ControlNet's weight is 'much'; it must be a number"),
        ("Model: m, Weight: 7", "weight is 7.0; it must be between 0 and 2"),
        ("Model: , Weight: 1", "model is ''"),
    ],
)
def test_what_cannot_be_is_refused(text: str, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        understood({"ControlNet 0": text})


@pytest.mark.parametrize("piece", ["a", " ", "a:(", 'a:"', "a: ", '"', "(", "a:\\"])
def test_a_long_text_takes_no_longer_than_its_length(piece: str) -> None:
    begun = time.monotonic()
    assert understood({"ControlNet 0": piece * (2**18 // len(piece))}) == ()
    assert time.monotonic() - begun < 20


def test_a_long_name_comes_back() -> None:
    control = Control(model="\0" * 1000)
    assert understood(told([control])) == (control,)


def test_ways_to_bring_to_size_are_known_by_their_old_labels() -> None:
    assert placing_id("Just Resize") == "stretch"
    assert placing_id("Inner Fit (Scale to Fit)") == "crop"
    assert placing_id("Envelope (Outer Fit)") == "fill"
    with pytest.raises(UnknownEntryError, match="no 'tear' in resize modes"):
        placing_id("tear")


def test_settings_out_of_range_are_as_usual() -> None:
    assert thresholds("canny", (64, 300)) == (64, None)
    assert thresholds("canny", (-1, None)) == (None, None)
    assert thresholds("blur", (9, 9)) == (9, None)
    assert thresholds("none", (64, 64)) == (None, None)


def controls() -> st.SearchStrategy[Control]:
    def made(preprocessor: str, **values: object) -> st.SearchStrategy[Control]:
        known = settings(preprocessor)
        ranges = [st.none() | st.floats(each.least, each.most) for each in known]
        names = ("threshold_a", "threshold_b")
        limits = dict(zip(names, ranges, strict=False))
        shares = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted)
        fixed = {
            "model": st.text(min_size=1, max_size=20),
            "weight": st.floats(0, 2),
            "mode": st.sampled_from(sorted(MODES)),
            "resize": st.sampled_from(sorted(PLACINGS)),
        }
        return st.builds(
            lambda share, values: Control(
                preprocessor=preprocessor, start=share[0], end=share[1], **values
            ),
            shares,
            st.fixed_dictionaries(fixed | limits),
        )

    return st.sampled_from(preprocessors()).flatmap(made)


@given(st.lists(controls(), max_size=4).map(tuple))
def test_reading_undoes_writing(given: tuple[Control, ...]) -> None:
    assert understood(told(given)) == given
