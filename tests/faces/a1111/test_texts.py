"""A text fills what a call leaves out."""

import pytest

from underpaint import infotext
from underpaint.errors import RequestError
from underpaint.faces.a1111.payload import ImageToImage, TextToImage
from underpaint.faces.a1111.texts import filled
from underpaint.media import Image
from underpaint.requests.image import ImageRequest

HIRES = (
    "a fox\nSteps: 9, Sampler: Euler a, CFG scale: 4, Seed: 3, Size: 64x128, "
    "Denoising strength: 0.7, Hires upscale: 2, Hires steps: 5, Hires upscaler: Lanczos, "
    "Hires sampler: Use same sampler, Hires prompt: a fine fox, ENSD: 31337, RNG: NV, VAE: fine.pt"
)
MASKED = (
    "a fox\nSteps: 9, Seed: 3, Size: 64x128, Seed resize from: 32x-1, Mask blur: 6, "
    "Mask mode: Inpaint not masked, Inpaint area: Only masked, Masked area padding: 8, "
    "Masked content: latent noise, Resize mode: Crop and resize"
)


def test_the_second_pass_is_asked_for() -> None:
    full = filled(TextToImage(infotext=HIRES, hr_second_pass_steps=7))
    assert full.enable_hr
    assert (full.hr_scale, full.hr_upscaler, full.hr_second_pass_steps) == (2, "Lanczos", 7)
    assert (full.hr_sampler_name, full.hr_prompt) == (None, "a fine fox")
    assert full.denoising_strength == 0.7
    assert not filled(TextToImage(infotext=HIRES, enable_hr=False)).enable_hr


def test_its_size_may_be_told_instead() -> None:
    full = filled(TextToImage(infotext=HIRES.replace("upscale: 2", "resize: 128x256")))
    assert (full.enable_hr, full.hr_resize_x, full.hr_resize_y) == (True, 128, 256)


def test_what_is_masked_and_how() -> None:
    full = filled(ImageToImage(infotext=MASKED))
    assert (full.mask_blur, full.inpainting_mask_invert) == (6, 1)
    assert (full.inpaint_full_res, full.inpaint_full_res_padding) == (True, 8)
    assert (full.inpainting_fill, full.resize_mode) == (2, 1)
    assert full.seed_resize_from_w == -1, "a size with a negative side is none"


def test_options_are_overridden_where_the_call_does_not() -> None:
    full = filled(TextToImage(infotext=HIRES, override_settings={"randn_source": "CPU"}))
    assert full.override_settings == {
        "randn_source": "CPU",
        "eta_noise_seed_delta": "31337",
        "sd_vae": "fine.pt",
    }


def test_what_we_write_comes_back() -> None:
    request = ImageRequest(
        prompt="a fox",
        init=Image("L", 64, 64, bytes(64 * 64)),
        mask=Image("L", 64, 64, bytes(64 * 64)),
        seed=1,
        variation_seed=2,
        batch=1,
        mask_invert=True,
        mask_blur=3,
        mask_content="nothing",
        only_masked=True,
        discard_penultimate=True,
        s_churn=2.0,
    )
    text = infotext.write(request, model_hash="", model_name="mini")
    full = filled(ImageToImage(infotext=text))
    assert (full.inpainting_mask_invert, full.mask_blur, full.inpainting_fill) == (1, 3, 3)
    assert (full.inpaint_full_res, full.s_churn) == (True, 2.0)
    assert (full.override_settings or {})["always_discard_next_to_last_sigma"] is True


def test_a_text_that_no_call_can_follow_is_refused() -> None:
    with pytest.raises(RequestError, match="infotext: steps: input should be a valid integer"):
        filled(TextToImage(infotext="a\nSteps: many, Seed: 1, Sampler: Euler"))


def test_without_a_text_the_call_stays_as_it_is() -> None:
    plain = TextToImage(prompt="a fox")
    assert filled(plain) is plain
