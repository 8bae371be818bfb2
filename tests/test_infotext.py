"""The text inside pictures: A1111's layout on the way out, A1111's and ours on the way in."""

import re
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from underpaint import catalog
from underpaint.errors import RequestError, UnknownEntryError
from underpaint.infotext import parts, read, write
from underpaint.media import Image
from underpaint.requests._emphasis import Emphasis, emphases
from underpaint.requests._fields import SEEDS
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
        "Size: 512x512, Model hash: 6ce0161689, Model: v1-5-pruned-emaonly, Version: ours"
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
        variation_seed=7,
        variation_strength=0.25,
        clip_skip=2,
        emphasis="no_norm",
    )
    assert version_cut(written(request, "a, b: c")) == (
        "wooden house\n"
        "Negative prompt: people,\n"
        "cars\n"
        "Steps: 20, Sampler: DPM++ 2M, Schedule type: Simple, CFG scale: 6.5, Seed: 3654104940, "
        'Size: 768x512, Model hash: 6ce0161689, Model: "a, b: c", Variation seed: 7, '
        "Variation seed strength: 0.25, Denoising strength: 0.75, Clip skip: 2, Emphasis: No norm, "
        "CFG rescale: 0.7, Version: ours"
    )


def test_what_is_not_there_is_not_written() -> None:
    text = write(replace(one, prompt="", seed=0), model_hash="", model_name="mini")
    assert version_cut(text) == (
        "Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 0, "
        "Size: 512x512, Model: mini, Version: ours"
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
shares = st.floats(0, 1)


@given(
    nasty,
    nasty,
    nasty.filter(bool),
    shares,
    shares,
    st.floats(0, 30),
    shares,
    st.integers(0, SEEDS - 1),
    st.integers(0, SEEDS - 1),
    st.integers(8, 256),
    st.integers(1, 150),
    st.integers(1, 12),
    st.booleans(),
    st.sampled_from(emphases()),
)
@settings(max_examples=300, deadline=None)
def test_reading_what_was_written_is_the_identity(
    prompt: str,
    negative: str,
    model: str,
    strength: float,
    variation_strength: float,
    guidance_scale: float,
    guidance_rescale: float,
    seed: int,
    variation_seed: int,
    eighths: int,
    steps: int,
    clip_skip: int,
    sketched: bool,
    emphasis: Emphasis,
) -> None:
    request = ImageRequest(
        prompt=prompt,
        negative=negative,
        model=model,
        init=DOODLE if sketched else None,
        strength=strength if sketched else 0.75,
        guidance_scale=guidance_scale,
        guidance_rescale=guidance_rescale,
        schedule="beta",
        seed=seed,
        variation_seed=variation_seed if variation_strength else -1,
        variation_strength=variation_strength,
        width=eighths * 8,
        steps=steps,
        clip_skip=clip_skip,
        emphasis=emphasis,
        batch=1,
    )
    text = write(request, model_hash="0123456789", model_name=model)
    assert read(text) == replace(request, init=None)


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
    ) == replace(one, schedule="karras", model="v1-5-pruned-emaonly")
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
        batch=1,
    )


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
