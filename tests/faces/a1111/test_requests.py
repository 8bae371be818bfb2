"""Their words become ours, field by field."""

import base64
import itertools
from dataclasses import replace

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from underpaint.errors import ModelNotFoundError, RequestError, UnknownEntryError
from underpaint.faces.a1111 import options, requests, texts
from underpaint.faces.a1111.payload import ImageToImage, Payload, TextToImage
from underpaint.media import Image
from underpaint.requests.image import ImageRequest

SETTINGS = options.with_overrides({}, None)


def ordered(payload: Payload, **settings: object) -> requests.Order:
    count, payload = itertools.count(100), texts.filled(payload)
    return requests.order(
        payload,
        options.with_overrides({}, {**settings, **(payload.override_settings or {})}),
        model=lambda name: name or "mini",
        styled=lambda asked, names: replace(asked, prompt=", ".join([asked.prompt, *names])),
        draw=lambda: next(count),
    )


def one(**fields: object) -> ImageRequest:
    [request] = ordered(TextToImage.model_validate(fields)).requests
    return request


def painted_on(**fields: object) -> ImageRequest:
    sketch = base64.b64encode(Image.of(numpy.zeros((64, 128, 3), numpy.uint8)).png()).decode()
    values = {"init_images": [sketch], **fields}
    [request] = ordered(ImageToImage.model_validate(values)).requests
    return request


def test_an_empty_call_has_their_defaults() -> None:
    request = one()
    assert request == ImageRequest(
        sampler="euler", steps=50, batch=1, seed=100, variation_seed=101, guidance_scale=7.0
    )


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ({"prompt": "a fox"}, {"prompt": "a fox"}),
        ({"negative_prompt": "people"}, {"negative": "people"}),
        ({"styles": ["oil", "None", "", "soft"]}, {"prompt": ", oil, soft"}),
        ({"styles": ["None"]}, {"prompt": ""}),
        ({"steps": "12"}, {"steps": 12}),
        ({"cfg_scale": "3.5"}, {"guidance_scale": 3.5}),
        ({"width": 64, "height": "128"}, {"width": 64, "height": 128}),
        ({"seed": 7}, {"seed": 7}),
        ({"seed": ""}, {"seed": 100}),
        ({"seed": None}, {"seed": 100}),
        ({"seed": -1}, {"seed": 100}),
        ({"subseed": 9, "subseed_strength": 0.5}, {"variation_seed": 9, "variation_strength": 0.5}),
        ({"batch_size": 3}, {"batch": 3}),
        ({"sampler_name": "DPM++ 2M"}, {"sampler": "dpmpp_2m"}),
        ({"sampler_name": "dpm++ 2m karras"}, {"sampler": "dpmpp_2m", "schedule": "karras"}),
        ({"sampler_name": "k_euler_a"}, {"sampler": "euler_ancestral"}),
        ({"sampler_index": "Heun"}, {"sampler": "heun"}),
        ({"sampler_name": "Euler a", "sampler_index": "Heun"}, {"sampler": "euler_ancestral"}),
        ({"sampler_name": "", "sampler_index": "Heun"}, {"sampler": "heun"}),
        ({"scheduler": "SGM Uniform"}, {"schedule": "sgm_uniform"}),
        ({"scheduler": "sgm_uniform"}, {"schedule": "sgm_uniform"}),
        ({"scheduler": "Automatic"}, {"schedule": "automatic"}),
        ({"scheduler": None}, {"schedule": "automatic"}),
        ({"eta": 0.5}, {"eta": 0.5}),
        ({"tiling": True}, {"tiling": True}),
        ({"enable_hr": True, "hr_upscaler": "R-ESRGAN 4x+"}, {"hires_upscaler": "R-ESRGAN 4x+"}),
        (
            {"s_churn": 2, "s_noise": 1.1, "s_tmin": 0.5},
            {"s_churn": 2, "s_noise": 1.1, "s_tmin": 0.5},
        ),
        (
            {"seed_resize_from_w": 256, "seed_resize_from_h": 128},
            {"seed_resize_width": 256, "seed_resize_height": 128},
        ),
        ({"override_settings": {"CLIP_stop_at_last_layers": 2}}, {"clip_skip": 2}),
        ({"override_settings": {"sd_vae": "fine.vae.pt"}}, {"vae": "fine.vae.pt"}),
        ({"override_settings": {"sd_vae": "None"}}, {"vae": "own"}),
        ({"override_settings": {"sd_vae": "Automatic"}}, {"vae": "automatic"}),
        ({"override_settings": {"sd_model_checkpoint": "tiny"}}, {"model": "tiny"}),
        ({"override_settings": {"eta_noise_seed_delta": 31337}}, {"noise_seed_delta": 31337}),
        ({"override_settings": {"randn_source": "NV"}}, {"noise_source": "nv"}),
        ({"override_settings": {"emphasis": "No norm"}}, {"emphasis": "no_norm"}),
    ],
)
def test_each_field_of_theirs_is_one_of_ours(
    theirs: dict[str, object], ours: dict[str, object]
) -> None:
    request = one(**theirs)
    assert {name: getattr(request, name) for name in ours} == ours


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"cfg_scale": 99}, "cfg_scale is 99"),
        ({"width": 7}, "width is 7; it must be a multiple of 8"),
        ({"steps": 0}, "steps is 0"),
        ({"enable_hr": True, "hr_checkpoint_name": "x"}, "hr_checkpoint_name is x; "),
        ({"enable_hr": True, "hr_scale": 9}, "hr_resize_x is 4608"),
        ({"enable_hr": True, "hr_upscaler": " "}, "upscaler is ' '"),
        ({"restore_faces": True}, "restore_faces is True; "),
        ({"refiner_checkpoint": "x"}, "refiner_checkpoint is x; "),
        ({"script_name": "Ping pong"}, "Script 'Ping pong' not found"),
        ({"alwayson_scripts": {"Lunar": {"args": [True]}}}, "always on script Lunar not found"),
        (
            {"alwayson_scripts": {"ControlNet": {"args": [{"enabled": True, "model": "canny"}]}}},
            "controls[0] has no picture; give the one that 'canny'",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_by_its_name(fields: dict[str, object], words: str) -> None:
    with pytest.raises(RequestError) as refusal:
        one(**fields)
    assert str(refusal.value).startswith(words)


@pytest.mark.parametrize(
    "fields",
    [
        {"enable_hr": False, "hr_scale": 2, "hr_upscaler": "Latent", "denoising_strength": 0.7},
        {"restore_faces": False, "tiling": False, "styles": []},
        {"refiner_checkpoint": None, "refiner_switch_at": 0.8},
        {"refiner_checkpoint": "None"},
        {"script_name": None, "script_args": []},
        {"script_name": "None"},
        {"alwayson_scripts": {"ADetailer": {"args": [False]}}},
        {"alwayson_scripts": {"ControlNet": {"args": []}}},
        {"alwayson_scripts": {"ControlNet": {"args": [{"enabled": False, "model": "canny"}]}}},
        {"alwayson_scripts": {"ControlNet": {"args": [{"image": "", "model": "None"}]}}},
        {"s_churn": 0, "s_tmax": 0, "s_tmin": 0, "s_noise": 1, "s_min_uncond": 0},
        {"seed_resize_from_h": 0, "seed_resize_from_w": 0},
        {"unknown": {"anything": 1}, "url": "http://x", "auth": "a:b"},
        {"comments": {"a": 1}, "disable_extra_networks": False},
    ],
)
def test_what_every_client_sends_is_accepted(fields: dict[str, object]) -> None:
    assert one(**fields).seed == 100


def test_lenience_passes_scripts_over_and_says_so() -> None:
    payload = TextToImage(alwayson_scripts={"Lunar": {"args": [True]}})
    assert ordered(payload, lenient_scripts=True).notes == (
        "always on script 'Lunar' is not here and was passed over",
    )


def test_an_unknown_sampler_lists_the_known() -> None:
    with pytest.raises(UnknownEntryError, match=r"there are: .*euler"):
        one(sampler_name="Euler zeta")


def test_the_model_is_asked_for_by_the_option() -> None:
    def refuse(name: str) -> str:
        raise ModelNotFoundError(name)

    with pytest.raises(ModelNotFoundError, match="sd15"):
        requests.order(
            TextToImage(),
            options.with_overrides({}, {"sd_model_checkpoint": "sd15"}),
            model=refuse,
            styled=lambda asked, _: asked,
            draw=lambda: 1,
        )


@given(
    st.integers(0, 2**32 - 1), st.integers(1, 16), st.integers(1, 6), st.sampled_from([0.0, 0.5])
)
def test_rounds_go_on_as_one_run_would(seed: int, batch: int, rounds: int, varied: float) -> None:
    payload = TextToImage(
        seed=seed, subseed=5, subseed_strength=varied, batch_size=batch, n_iter=rounds
    )
    parts = ordered(payload).requests
    assert len(parts) == rounds
    every = [part.alone(index) for part in parts for index in range(part.batch)]
    assert len(every) == batch * rounds
    steps = range(batch * rounds)
    assert [each.seed for each in every] == [seed if varied else (seed + n) % 2**32 for n in steps]
    assert [each.variation_seed for each in every] == [5 + n for n in steps]


def test_a_picture_to_paint_on() -> None:
    request = painted_on(width=64, height=64, denoising_strength=0.4)
    assert request.init is not None and (request.init.width, request.init.height) == (128, 64)
    assert request.strength == 0.4
    assert painted_on().strength == 0.75
    assert request.mask is None


@pytest.mark.parametrize(("mode", "way"), list(enumerate(["stretch", "crop", "fill", "latent"])))
def test_a_picture_to_paint_on_is_fitted_as_asked(mode: int, way: str) -> None:
    assert painted_on(width=64, height=256, resize_mode=mode).resize == way


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [(None, "lanczos"), ("None", "lanczos"), ("Nearest", "nearest"), ("ESRGAN_4x", "ESRGAN_4x")],
)
def test_a_picture_to_paint_on_is_enlarged_as_the_options_say(
    theirs: str | None, ours: str
) -> None:
    request = painted_on(override_settings={"upscaler_for_img2img": theirs})
    assert request.resize_upscaler == ours
    with pytest.raises(RequestError, match="upscaler_for_img2img is 'Latent', which works on lat"):
        painted_on(override_settings={"upscaler_for_img2img": "Latent"})


def test_a_mask_has_all_its_fields() -> None:
    levels = numpy.zeros((64, 128), numpy.uint8)
    levels[:, 64:] = 255
    mask = base64.b64encode(Image.of(levels).png()).decode()
    usual = painted_on(mask=mask)
    assert usual.mask is not None and (usual.mask.array() == levels).all()
    assert (usual.mask_invert, usual.mask_blur, usual.mask_content) == (False, 4, "fill")
    assert (usual.only_masked, usual.mask_padding) == (True, 0)
    other = painted_on(
        mask=mask,
        mask_blur=9,
        inpainting_mask_invert=1,
        inpainting_fill=1,
        inpaint_full_res=False,
        inpaint_full_res_padding=32,
        resize_mode=1,
    )
    assert (other.mask_invert, other.mask_blur, other.mask_content) == (True, 9, "original")
    assert (other.only_masked, other.mask_padding, other.resize) == (False, 32, "crop")
    assert painted_on(mask=mask, mask_blur_x=7, mask_blur_y=7).mask_blur == 7


def test_how_a_picture_is_fitted_means_nothing_when_only_the_masked_is_painted() -> None:
    mask = base64.b64encode(Image.of(numpy.zeros((8, 8), numpy.uint8)).png()).decode()
    assert painted_on(mask=mask, resize_mode=1, inpaint_full_res=True).resize == "stretch"


def test_a_mask_fades_alike_both_ways() -> None:
    mask = base64.b64encode(Image.of(numpy.zeros((8, 8), numpy.uint8)).png()).decode()
    with pytest.raises(RequestError, match="mask_blur_x is 0 and mask_blur_y 9"):
        painted_on(mask=mask, mask_blur_x=0, mask_blur_y=9)


def test_what_is_transparent_lies_on_the_colour_of_the_option() -> None:
    clear = Image.of(numpy.zeros((64, 64, 4), numpy.uint8))
    sketch = base64.b64encode(clear.png()).decode()
    payload = ImageToImage(init_images=[sketch])
    [request] = ordered(payload, img2img_background_color="#102030").requests
    assert request.init is not None and tuple(request.init.array()[0, 0]) == (16, 32, 48)


def test_two_pictures_to_paint_on_are_refused() -> None:
    sketches = [
        base64.b64encode(Image.of(numpy.full((8, 8), n, numpy.uint8)).png()).decode()
        for n in (0, 9)
    ]
    with pytest.raises(RequestError, match="init_images has 2"):
        ordered(ImageToImage(init_images=sketches))
    assert len(ordered(ImageToImage(init_images=sketches[:1] * 2)).requests) == 1


@pytest.mark.parametrize(
    ("fill", "content"), list(enumerate(["fill", "original", "noise", "nothing"]))
)
def test_what_is_masked_is_filled_as_asked(fill: int, content: str) -> None:
    mask = base64.b64encode(Image.of(numpy.zeros((8, 8), numpy.uint8)).png()).decode()
    assert painted_on(inpainting_fill=fill, mask=mask).mask_content == content
    assert painted_on(inpainting_fill=fill).mask_content == "original"


TEXT = (
    "a fox\nNegative prompt: people\nSteps: 9, Sampler: DPM++ 2M, Schedule type: Karras, "
    "CFG scale: 4, Seed: 3, Size: 64x128, Clip skip: 2, Version: v1.10.1"
)


def test_a_text_fills_what_the_call_leaves_out() -> None:
    request = one(infotext=TEXT, steps=5, prompt="a hen")
    assert (request.prompt, request.steps) == ("a hen", 5)
    assert (request.negative, request.guidance_scale, request.seed) == ("people", 4, 3)
    assert (request.width, request.height, request.clip_skip) == (64, 128, 2)
    assert (request.sampler, request.schedule) == ("dpmpp_2m", "karras")


def test_an_option_of_the_call_goes_before_one_of_the_text() -> None:
    assert one(infotext=TEXT, override_settings={"CLIP_stop_at_last_layers": 3}).clip_skip == 3


@pytest.mark.parametrize(
    ("sampler", "eta"), [("Euler a", 0.5), ("DDIM", 0.25), ("DPM++ 2M", None), ("DPM++ SDE", 0.5)]
)
def test_options_say_how_much_fresh_noise_samplers_add(sampler: str, eta: float | None) -> None:
    overrides = {"eta_ancestral": 0.5, "eta_ddim": 0.25}
    assert one(sampler_name=sampler, override_settings=overrides).eta == eta
    assert one(sampler_name=sampler, eta=0.1, override_settings=overrides).eta == 0.1


def test_overrides_without_effect_are_told() -> None:
    asked = ordered(TextToImage(override_settings={"grid_save": False, "jpeg_quality": 9}))
    assert asked.notes == (
        "grid_save has no effect here; grids are made anew when they are asked for",
    )


def test_a_second_pass_is_asked_for_by_factor_or_by_size() -> None:
    asked = one(enable_hr=True, width=512, height=768, hr_upscaler="Latent (bicubic)")
    assert (asked.hires_width, asked.hires_height) == (1024, 1536)
    assert (asked.hires_upscaler, asked.strength) == ("latent_bicubic", 0.75)
    sized = one(enable_hr=True, hr_resize_x=768, hr_sampler_name="Euler", hr_prompt="a dog")
    assert (sized.hires_width, sized.hires_height, sized.hires_sampler) == (768, 0, "euler")
    assert sized.hires_prompt == "a dog"
    assert one(hr_scale=2).hires_width == 0


def test_a_first_pass_may_be_told_by_its_size_as_long_ago() -> None:
    asked = one(enable_hr=True, width=1024, height=768, firstphase_width=512, firstphase_height=384)
    assert (asked.width, asked.height) == (512, 384)
    assert (asked.hires_width, asked.hires_height) == (1024, 768)
    assert one(enable_hr=True, width=1024, firstphase_width=512).height == 512
    assert one(firstphase_width=64).width == 512
