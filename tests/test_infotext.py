"""The text inside pictures: A1111's layout on the way out, A1111's and ours on the way in."""

import re
import time
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from underpaint import catalog, infotext
from underpaint.errors import RequestError, UnknownEntryError
from underpaint.infotext import parts, read, write
from underpaint.media import Image
from underpaint.requests._controls import Control
from underpaint.requests._fields import Field, fields
from underpaint.requests._samplers import SCHEDULES, own_schedule
from underpaint.requests.image import ImageRequest

SAMPLERS = catalog.ids("underpaint.diffusion.samplers")
DOODLE = Image("L", 1, 1, b"\0")

one = ImageRequest(prompt="wooden house", seed=3654104940, batch=1)


def written(request: ImageRequest, model_name: str = "v1-5-pruned-emaonly") -> str:
    return write(request, model_hash="6ce0161689", model_name=model_name)


def version_cut(text: str) -> str:
    return re.sub(r"Version: underpaint [^,\n]+$", "Version: ours", text)


def test_layout_is_that_of_a1111() -> None:
    assert version_cut(written(one)) == (
        "wooden house\n"
        "Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 3654104940, "
        "Size: 512x512, Model hash: 6ce0161689, Model: v1-5-pruned-emaonly, RNG: CPU, Version: ours"
    )


def test_every_key_has_its_place() -> None:
    request = replace(
        one,
        negative="people,\ncars",
        init=DOODLE,
        guidance_scale=6.5,
        guidance_rescale=0.7,
        schedule="simple",
        width=768,
        vae="fine.pt",
        variation_seed=7,
        variation_strength=0.25,
        clip_skip=2,
        emphasis="no_norm",
        eta=0.5,
        s_churn=3.0,
        s_tmin=0.1,
        s_tmax=9.0,
        s_noise=1.1,
        sigma_min=0.05,
        sigma_max=12.0,
        rho=5.0,
        discard_penultimate=True,
        noise_source="nv",
        noise_seed_delta=31337,
        seed_resize_width=512,
        resize="crop",
        mask_invert=True,
        mask_blur=4,
        mask_padding=16,
        mask_content="noise",
    )
    assert version_cut(written(request, "a, b: c")) == (
        "wooden house\n"
        "Negative prompt: people,\n"
        "cars\n"
        "Steps: 20, Sampler: DPM++ 2M, Schedule type: Simple, CFG scale: 6.5, Seed: 3654104940, "
        'Size: 768x512, Model hash: 6ce0161689, Model: "a, b: c", VAE: fine.pt, '
        "Variation seed: 7, Variation seed strength: 0.25, Seed resize from: 512x0, "
        "Denoising strength: 0.75, "
        "Clip skip: 2, ENSD: 31337, RNG: NV, Mask mode: Inpaint not masked, Mask blur: 4, "
        "Masked area padding: 16, Masked content: latent noise, Eta: 0.5, "
        "Emphasis: No norm, Sigma churn: 3, Sigma tmin: 0.1, Sigma tmax: 9, Sigma noise: 1.1, "
        "Schedule min sigma: 0.05, Schedule max sigma: 12, Schedule rho: 5, "
        "Discard penultimate sigma: True, CFG rescale: 0.7, "
        "Resize mode: Crop and resize, Version: ours"
    )


def test_what_is_not_there_is_not_written() -> None:
    text = write(replace(one, prompt="", seed=0), model_hash="", model_name="mini")
    assert version_cut(text) == (
        "Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 0, "
        "Size: 512x512, Model: mini, RNG: CPU, Version: ours"
    )


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_samplers_and_schedules_come_back(sampler: str, schedule: str) -> None:
    request = replace(one, sampler=sampler, schedule=schedule)
    resolved = own_schedule(sampler) if schedule == "automatic" else schedule
    again = read(written(request))
    assert (again.sampler, again.schedule) == (sampler, resolved)


nasty = st.one_of(
    st.text(max_size=40),
    st.lists(
        st.sampled_from(
            ["a cat", "\n", "\r\n", " ", ", ", ": ", '"', "\\", "Negative prompt:", "Steps: 20, ",
             "Seed: 1, Size: 1x1, Sampler: x, ", "\u2028", "\0", "猫", "(b:1.2)"]
        ),
        max_size=8,
    ).map("".join),
)  # fmt: skip


def any_value(field: Field) -> st.SearchStrategy[Any]:
    """Return whatever a field takes."""
    if field.choices:
        values = st.sampled_from(field.choices)
    elif field.kind is bool:
        values = st.booleans()
    elif field.kind is str:
        values = nasty
    elif field.kind is float:
        values = st.floats(field.least, field.most)
    else:
        step = int(field.step or 1)
        values = st.integers(int(field.least or 0) // step, int(field.most or 0) // step)
        values = values.map(lambda number: number * step)
    return st.none() | values if field.optional else values


TOLD = {"prompt", "negative", "width", "height", "seed_resize_width", "seed_resize_height"}
TOLD |= {"hires_width", "hires_height"}
TOLD |= set(infotext._READ.values())
requests = st.fixed_dictionaries(
    {field.name: any_value(field) for field in fields(ImageRequest) if field.name in TOLD}
    | {"model": nasty.filter(bool), "vae": nasty.filter(str.strip)}
    | {"init": st.sampled_from([None, DOODLE])}
)


def check_that_reading_undoes_writing(values: dict[str, Any]) -> None:
    if values["sigma_max"] and values["sigma_min"] >= values["sigma_max"]:
        values["sigma_max"] = 0.0
    sides = [values[f"extend_{side}"] for side in ("left", "right", "up", "down")]
    if values["only_masked"] or any(sides):
        values["resize"] = "stretch"
    if values["resize"] == "latent":
        values["mask_content"] = "original"
    if values["init"] or not (values["hires_width"] and values["hires_height"]):
        values |= {"hires_width": 0, "hires_height": 0, "hires_upscaler": "latent"}
    else:
        values |= {"strength": max(values["strength"], 0.01)}
        values |= {side: max(64, values[side]) for side in ("hires_width", "hires_height")}
    for field in ("hires_upscaler", "resize_upscaler"):
        values[field] = values[field] if values[field].strip() else "A"
    request = ImageRequest(**values, batch=1).resolved(lambda: 5)
    text = write(request, model_hash="0123456789", model_name=request.model)

    # What says nothing is not told: how far from no picture, which of no variations.
    usual = ImageRequest()
    automatic, second = request.schedule == "automatic", request.enlarged()
    first, again = infotext._spelled(request), second and infotext._spelled(second)
    asked = second is None or (request.hires_schedule is None and again == first)
    assert read(text) == replace(
        request,
        init=None,
        strength=request.strength if request.init or second else usual.strength,
        hires_schedule=request.hires_schedule if asked else again,
        variation_seed=request.variation_seed if request.variation_strength else -1,
        schedule=own_schedule(request.sampler) if automatic else request.schedule,
    )


@given(requests)
@settings(max_examples=300, deadline=None)
def test_reading_what_was_written_is_the_identity(values: dict[str, Any]) -> None:
    check_that_reading_undoes_writing(values)


@pytest.mark.slow
@given(requests)
@settings(max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_reading_undoes_writing_ten_thousand_times(values: dict[str, Any]) -> None:
    check_that_reading_undoes_writing(values)


def test_controls_come_back_without_their_pictures() -> None:
    controls = (
        Control(model="scribble", picture=DOODLE, weight=0.5, mode="control"),
        Control(model="a, b: c", picture=DOODLE, preprocessor="canny", threshold_b=150.0),
    )
    text = written(replace(one, controls=controls))
    assert ', ControlNet 0: "Module: none, Model: scribble, Weight: 0.5, ' in text
    assert read(text).controls == tuple(replace(each, picture=None) for each in controls)


CORPUS = tomllib.loads((Path(__file__).parent / "golden" / "infotexts.toml").read_text("utf-8"))


@pytest.mark.parametrize("case", CORPUS["text"], ids=lambda case: case["program"])
def test_texts_of_other_programs_are_read(case: dict[str, Any]) -> None:
    says = {**case["says"]}
    says["controls"] = tuple(Control(**each) for each in says.get("controls", []))
    assert read(case["text"]) == ImageRequest(**says, batch=1)


def test_the_corpus_is_large() -> None:
    assert len(CORPUS["text"]) >= 60


def test_what_chance_chose_can_be_read_and_changes_nothing() -> None:
    request = replace(one, prompt="a {red|blue} fox", negative="{fog|night}")
    text = write(request, model_hash="", model_name="mini", chosen=("a red, (big:1.2) fox", "fog"))
    assert 'Chosen prompt: "a red, (big:1.2) fox", Chosen negative prompt: fog, Version' in text
    assert read(text) == read(write(request, model_hash="", model_name="mini"))
    assert "Chosen" not in write(one, model_hash="", model_name="mini", chosen=("", ""))


def test_usual_prompts_need_no_second_copy() -> None:
    for prompt in (
        "a, b",
        "two\nlines",
        "  spaces  ",
        'quoted "x": y',
        "(a:1.2)",
        "# note\n[a:b:0.5] AND {c|d} :1.2 BREAK __e__ <lora:f:0.8>",
    ):
        assert "Exact" not in written(replace(one, prompt=prompt, negative=prompt))
    assert "Exact prompt" in written(replace(one, prompt="a\nNegative prompt: b"))


def test_texts_of_a1111_are_read() -> None:
    assert read(
        "wooden house\nSteps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, "
        "Seed: 3654104940, Size: 512x512, Model hash: 6ce0161689, Model: v1-5-pruned-emaonly, "
        "Version: v1.9.4"
    ) == replace(one, schedule="karras", model="v1-5-pruned-emaonly", noise_source="nv")
    old = read(
        "a cat\r\nin a hat, \r\nNegative prompt: dog,\r\ncar\r\n"
        "Steps: 30, Sampler: DPM++ 2M Karras, CFG scale: 7.5, Seed: 1, Size: 512x768, "
        "Model hash: cc6cb27103, Denoising strength: 0.6, Clip skip: 2, ENSD: 31337, "
        'Lora hashes: "one: 123, two: 456", Hashes: {"model": "abc", "vae": "x"}, '
        'Mask mode: Inpaint masked, TI hashes: "broken \\x: y", Tiling\r\n\r\n'
    )
    assert old == ImageRequest(
        prompt="a cat\nin a hat, ",
        negative="dog,\ncar",
        steps=30,
        schedule="karras",
        guidance_scale=7.5,
        seed=1,
        height=768,
        strength=0.6,
        clip_skip=2,
        noise_seed_delta=31337,
        noise_source="nv",
        batch=1,
    )


def test_ddims_eta_has_a_key_of_its_own() -> None:
    for sampler, key in (("ddim", "Eta DDIM"), ("ddim_cfgpp", "Eta DDIM"), ("dpm_fast", "Eta")):
        assert f", {key}: 0.5, " in written(replace(one, sampler=sampler, eta=0.5))


@pytest.mark.parametrize(
    ("pairs", "origin"),
    [
        ("Version: v1.10.1", "nv"),
        ("Version: 1.6.0-2-g4afaaf8a", "nv"),
        ("Version: f2.0.1v1.10.1-previous-224-g900196889", "nv"),
        ("Clip skip: 2", "nv"),
        ("Version: v1.10.1, RNG: CPU", "cpu"),
        ("Version: v1.10.1, RNG: GPU", "gpu"),
        ("Version: ComfyUI", "cpu"),
        ("App: SD.Next, Version: 1a5f6c2", "cpu"),
        ("Version: underpaint 0.1.0", "gpu"),
    ],
)
def test_whose_noise_it_was_is_known_of_a1111(pairs: str, origin: str) -> None:
    assert read(f"a\nSteps: 20, Seed: 1, Size: 512x512, {pairs}").noise_source == origin


def test_keys_are_known_in_any_letter_case() -> None:
    said = read("a\nsteps: 30, SEED: 1, size: 512x768, Cfg Scale: 6, CLIP skip: 2")
    assert (said.steps, said.height, said.guidance_scale, said.clip_skip) == (30, 768, 6, 2)


@pytest.mark.parametrize(
    ("seed", "ours"), [("4294967296", 0), (str(2**64 - 1), 2**32 - 1), ("7.0", 7), ("-1", -1)]
)
def test_longer_seeds_are_what_a_cpu_makes_of_them(seed: str, ours: int) -> None:
    assert read(f"a\nSteps: 20, Seed: {seed}, Size: 512x512").seed == ours


def test_what_stands_below_the_pairs_is_passed_over() -> None:
    said = read("a\nb\nSteps: 30, Seed: 1, Size: 512x512\nTemplate: {a|b}\nmore")
    assert (said.prompt, said.steps) == ("a\nb", 30)
    steps = "Steps: to the lake: two, wood"
    assert read(f"{steps}\nin fog").prompt == f"{steps}\nin fog"


def test_a_picture_carries_its_text() -> None:
    request = replace(one, prompt='猫, "a": b\n\0', schedule="karras")
    text = write(request, model_hash="", model_name="mini")
    assert read(Image.decode(DOODLE.with_text(text).png()).text) == request


def test_a_text_without_pairs_is_prompt() -> None:
    for prompt in ("", "a cat", "a: b, c: d", "(blue sky:1.2), (red hat:1.3), (one cat:1.1)"):
        assert read(prompt) == ImageRequest(prompt=prompt, batch=1)
    assert read("a\nNegative prompt: b") == ImageRequest(prompt="a", negative="b", batch=1)


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ("Steps: many", "steps is 'many'; it must be a whole number between 1 and 150"),
        ("Steps: 500", "steps is 500; it must be between 1 and 150"),
        ("CFG scale: nan", "guidance_scale is nan"),
        ("Size: 512", "Size is '512'; it must be like 512x768"),
        ("Size: 500x512", "width is 500; it must be a multiple of 8"),
        (f"Seed: {'9' * 5000}", "seed is '999"),
        ('Model: "\\ud800"', "model is not valid Unicode"),
    ],
)
def test_values_we_do_not_have_are_refused_by_name(pair: str, words: str) -> None:
    with pytest.raises(RequestError, match=re.escape(words)):
        read(f"a\nENSD: 1, RNG: CPU, Eta: 1, {pair}, Version: v1.10.1")


@pytest.mark.parametrize("pair", ["Sampler: Euler zeta", "Schedule type: Lunar"])
def test_unknown_samplers_and_schedules_list_the_known(pair: str) -> None:
    with pytest.raises(UnknownEntryError, match="there are: "):
        read(f"a\nSteps: 20, {pair}, Seed: 1, Size: 512x512")


def test_the_parts_of_a_text_are_there_whatever_their_keys() -> None:
    assert parts("a fox\nNegative prompt: people\nSteps: 9, Lunar tide: high, Seed: 3") == (
        "a fox",
        "people",
        {"Steps": "9", "Lunar tide": "high", "Seed": "3"},
    )
    assert parts("only: words") == ("only: words", "", {})


@given(st.text(alphabet='ab :,"\\\n1x', max_size=80), st.booleans())
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_or_refused(text: str, pairs: bool) -> None:
    try:
        read(text + "\nSteps: 1, Seed: 1, CFG scale: 1, " + text if pairs else text)
    except RequestError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize("part", ["a", "a:", 'a: "', 'a:"\\",', '"\\"', " ", "\\", 'aa: "b" c,'])
def test_reading_is_linear(part: str) -> None:
    def seconds(length: int) -> float:
        text = "x\nSteps: 20, Seed: 1, Eta: 1, " + part * (length // len(part))
        start = time.perf_counter()
        assert read(text).steps == 20
        return time.perf_counter() - start

    assert seconds(200_000) < 1 + 40 * seconds(20_000)


def test_remarks_stand_before_the_version_and_are_passed_over() -> None:
    request = ImageRequest(prompt="a fox", seed=1, variation_seed=0, batch=1)
    remarks = {"Lora hashes": "ink: 0123456789ab, oil: ba9876543210", "TI hashes": "umber: 01"}
    text = write(request, model_hash="", model_name="mini", remarks=remarks)
    told = 'Lora hashes: "ink: 0123456789ab, oil: ba9876543210", TI hashes: "umber: 01", Version'
    assert told in text
    assert parts(text)[2].items() >= remarks.items()
    assert read(text) == read(write(request, model_hash="", model_name="mini"))


@pytest.mark.parametrize(
    ("width", "height", "pair"),
    [
        (1024, 1024, "Hires upscale: 2"),
        (768, 768, "Hires upscale: 1.5"),
        (1024, 768, "Hires resize: 1024x768"),
        (1024, 0, "Hires resize: 1024x0"),
    ],
)
def test_a_second_pass_is_told_as_a_factor_where_it_is_one(
    width: int, height: int, pair: str
) -> None:
    request = replace(one, hires_width=width, hires_height=height, schedule="karras")
    text = written(request)
    assert f"Denoising strength: 0.75, RNG: CPU, {pair}, Hires upscaler: Latent, " in text
    assert read(text) == replace(request, model="v1-5-pruned-emaonly")


def test_a_second_pass_names_its_upscaler_built_in_or_not() -> None:
    head = "a\nSteps: 20, Seed: 1, Size: 512x768, Hires sampler: Use same sampler, "
    said = read(f"{head}Hires upscale: 2, Hires upscaler: 4x-UltraSharp")
    assert (said.hires_width, said.hires_upscaler) == (1024, "4x-UltraSharp")
    assert "Hires upscaler: 4x-UltraSharp, " in written(said.resolved(lambda: 1))
    said = read(f"{head}Hires upscale: 1.7, Hires upscaler: Latent (bicubic)")
    assert (said.hires_width, said.hires_height) == (864, 1304)
    assert (said.hires_upscaler, said.hires_sampler) == ("latent_bicubic", None)
    with pytest.raises(RequestError, match="Hires upscale is 'big'; it must be like 2"):
        read(f"{head}Hires upscale: big")


def test_a_text_is_extended_where_its_pairs_are() -> None:
    added = {"Postprocess upscale by": "4", "Postprocess upscaler": "a, b"}
    told = 'Postprocess upscale by: 4, Postprocess upscaler: "a, b"'
    head = "a\nSteps: 20, Seed: 1, Size: 512x768"
    assert infotext.extended(head, added) == f"{head}, {told}"
    assert (
        infotext.extended(f"{head}\nof an extension", added) == f"{head}, {told}\nof an extension"
    )
    assert infotext.extended("", added).startswith(f"{told}, Version: underpaint ")
    for text in ("", "only a prompt"):
        prompt, _, pairs = infotext.parts(infotext.extended(text, added))
        assert prompt == text
        assert pairs["Postprocess upscaler"] == "a, b"
    other = '{"prompt": "a", "uc": "b", "steps": 3}'
    assert infotext.extended(other, added) == other
