"""The value a picture is asked for with."""

import dataclasses
import itertools
import pickle
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from underpaint.errors import RequestError, UnknownEntryError
from underpaint.media import Image
from underpaint.requests._emphasis import emphases
from underpaint.requests._fields import SEEDS, Field, fields
from underpaint.requests._samplers import SCHEDULES, samplers
from underpaint.requests.image import ImageRequest

SKETCH = Image("RGB", 2, 1, b"\xff\0\0\0\0\xff")
shares = st.floats(0, 1)
seeds = st.integers(-1, SEEDS - 1)
pictures = st.binary(min_size=8, max_size=8).map(lambda pixels: Image("RGBA", 2, 1, pixels))

every_request = st.builds(
    ImageRequest,
    prompt=st.text(max_size=30),
    negative=st.text(max_size=30),
    model=st.text(min_size=1, max_size=9),
    init=pictures,
    mask=st.none() | pictures,
    strength=shares,
    steps=st.integers(1, 150),
    guidance_scale=st.floats(0, 30),
    guidance_rescale=shares,
    sampler=st.sampled_from(samplers()),
    schedule=st.sampled_from(tuple(SCHEDULES)),
    width=st.integers(8, 256).map(lambda eighths: eighths * 8),
    height=st.integers(8, 256).map(lambda eighths: eighths * 8),
    seed=seeds,
    batch=st.integers(1, 16),
    variation_seed=seeds,
    variation_strength=shares,
    clip_skip=st.integers(1, 12),
    emphasis=st.sampled_from(emphases()),
)


@given(every_request)
@settings(max_examples=100, deadline=None)
def test_json_round_trip_is_exact(request_: ImageRequest) -> None:
    again = ImageRequest.from_json(request_.to_json())
    assert again == request_
    assert hash(again) == hash(request_)
    assert again.to_json() == request_.to_json()


def test_defaults_are_those_people_expect() -> None:
    request = ImageRequest.from_json("{}")
    assert request == ImageRequest()
    assert (request.steps, request.guidance_scale, request.sampler) == (20, 7.0, "dpmpp_2m")
    assert (request.width, request.height, request.batch, request.seed) == (512, 512, 4, -1)


@pytest.mark.parametrize("field", [field for field in fields(ImageRequest) if field.most])
def test_bounds_hold_on_both_sides(field: Field) -> None:
    least: Any = field.least
    most: Any = field.most
    step = field.step or 1
    for allowed in (least, most):
        assert getattr(ImageRequest(**{field.name: allowed}), field.name) == allowed
    for refused in (least - step, most + step):
        with pytest.raises(RequestError, match=f"^{field.name} is .*between {least} and {most}$"):
            ImageRequest(**{field.name: refused})


def test_every_field_explains_itself() -> None:
    for field in fields(ImageRequest):
        assert field.help.endswith(".")
        assert len(field.help) > 20
    described = {field.name: field for field in fields(ImageRequest)}
    assert described["sampler"].choices == samplers()
    assert described["schedule"].choices == tuple(SCHEDULES)
    assert described["init"].kind is Image
    assert ImageRequest.json_schema()["properties"]["sampler"]["enum"] == list(samplers())


def test_sampler_names_are_settled() -> None:
    request = ImageRequest(sampler="DPM++ 2M Karras")
    assert (request.sampler, request.schedule) == ("dpmpp_2m", "karras")
    assert ImageRequest.from_json('{"sampler": "EULER A"}').sampler == "euler_ancestral"
    assert ImageRequest(schedule="SGM Uniform").schedule == "sgm_uniform"
    assert dataclasses.replace(request, sampler="euler").schedule == "karras"
    with pytest.raises(RequestError, match="give one of them only"):
        ImageRequest.from_json('{"sampler": "DPM++ 2M Karras", "schedule": "beta"}')
    with pytest.raises(UnknownEntryError, match="no 'eular' in samplers"):
        ImageRequest(sampler="eular")


def test_a_mask_needs_a_picture() -> None:
    assert ImageRequest(init=SKETCH, mask=SKETCH.grey()).mask == SKETCH.grey()
    with pytest.raises(RequestError, match="mask is given without init"):
        ImageRequest(mask=SKETCH)
    with pytest.raises(RequestError, match="model is ''"):
        ImageRequest(model="")


def test_requests_are_values() -> None:
    request = ImageRequest(init=SKETCH)
    assert pickle.loads(pickle.dumps(request)) == request
    assert len({request, ImageRequest(init=SKETCH), ImageRequest()}) == 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        request.steps = 3  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(RequestError, match="steps is 0"):
        dataclasses.replace(request, steps=0)


def test_seeds_are_drawn_once() -> None:
    draws = itertools.count(2**32 + 5)
    request = ImageRequest().resolved(lambda: next(draws))
    assert (request.seed, request.variation_seed) == (5, 6)
    assert request.resolved(lambda: 1 // 0) is not None
    assert ImageRequest(seed=3).resolved(lambda: -1).variation_seed == 2**32 - 1


def test_alone_is_the_picture_by_itself() -> None:
    batch = ImageRequest(seed=2**32 - 2, variation_seed=7, batch=3, prompt="a")
    assert [batch.alone(index).seed for index in range(3)] == [2**32 - 2, 2**32 - 1, 0]
    assert [batch.alone(index).variation_seed for index in range(3)] == [7, 8, 9]
    assert batch.alone(2) == dataclasses.replace(batch, seed=0, variation_seed=9, batch=1)
    assert batch.alone(1).alone(0) == batch.alone(1)


def test_variations_keep_their_seed() -> None:
    batch = ImageRequest(seed=3, variation_seed=7, variation_strength=0.1, batch=2)
    assert (batch.alone(1).seed, batch.alone(1).variation_seed) == (3, 8)


def test_asking_needs_no_torch() -> None:
    script = "import sys, underpaint.events, underpaint.infotext; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_noise_has_ends_that_are_not_crossed() -> None:
    with pytest.raises(
        RequestError, match="sigma_min is 9; it must be below sigma_max, which is 3"
    ):
        ImageRequest(sigma_min=9.0, sigma_max=3.0)
    assert ImageRequest(sigma_min=9.0).sigma_max == 0


def test_eta_is_the_samplers_own_unless_given() -> None:
    assert ImageRequest().eta is None
    assert ImageRequest(eta=0.0).eta == 0
    with pytest.raises(RequestError, match="eta is 2"):
        ImageRequest(eta=2.0)


def test_noise_comes_from_one_of_three() -> None:
    assert ImageRequest(noise_source="nv").noise_source == "nv"
    with pytest.raises(RequestError, match="noise_source is 'tpu'; it must be one of cpu, gpu, nv"):
        ImageRequest(noise_source="tpu")  # pyright: ignore[reportArgumentType]


def test_a_part_keeps_its_pictures_size() -> None:
    assert ImageRequest(only_masked=True).mask_padding == 32
    with pytest.raises(RequestError, match="resize is 'fill'; with only_masked"):
        ImageRequest(only_masked=True, resize="fill")
    with pytest.raises(RequestError, match="mask_content is 'fill', which needs"):
        ImageRequest(mask_content="fill", resize="latent")
    with pytest.raises(RequestError, match="mask_content is 'noisy'; it must be one of original"):
        ImageRequest(mask_content="noisy")  # pyright: ignore[reportArgumentType]


def test_a_second_pass_is_a_request_of_its_own() -> None:
    assert ImageRequest().enlarged() is None
    large = ImageRequest(width=512, height=768, hires_width=1024, hires_sampler="Euler Karras")
    again = large.enlarged()
    assert again is not None
    assert (again.width, again.height, again.sampler, again.schedule) == (
        *(1024, 1536),
        *("euler", "karras"),
    )
    assert (again.prompt, again.steps, again.guidance_scale) == ("", 20, 7.0)
    assert again.enlarged() is None


def test_a_second_pass_that_cannot_be_is_refused() -> None:
    with pytest.raises(RequestError, match="hires_width is 1024 and init is given; the second"):
        ImageRequest(init=SKETCH, hires_width=1024)
    with pytest.raises(RequestError, match="strength is 0; for the second pass of hires it must"):
        ImageRequest(strength=0.0, hires_height=1024)
    with pytest.raises(RequestError, match="that makes 2048x4096, but each side must be between"):
        ImageRequest(height=1024, hires_width=2048)
    with pytest.raises(UnknownEntryError, match="no 'eular' in samplers"):
        ImageRequest(hires_sampler="eular")
