"""`webuiapi` from PyPI, unmodified, against a real server with the tiny model."""

# The types that the package states are narrower than what it takes and gives.
# pyright: reportAttributeAccessIssue=false, reportArgumentType=false

import threading
import time
from typing import Any

import numpy
import PIL.Image
import pytest
from webuiapi import ADetailer, ControlNetUnit, WebUIApi

from tests.faces.clients.conftest import Running

SMALL: dict[str, Any] = {"width": 64, "height": 64, "steps": 2}


@pytest.fixture(scope="module")
def api(running: Running) -> WebUIApi:
    made = WebUIApi(host="127.0.0.1", port=running.port)
    made.set_options({"sd_model_checkpoint": "tiny"})
    return made


@pytest.fixture
def sketch() -> PIL.Image.Image:
    levels = numpy.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=numpy.uint8)
    return PIL.Image.fromarray(levels)


def test_txt2img_with_its_full_payload(api: WebUIApi) -> None:
    done = api.txt2img(
        prompt="a fox",
        negative_prompt="people",
        seed=7,
        cfg_scale=3,
        batch_size=2,
        n_iter=2,
        **SMALL,
    )
    assert len(done.images) == 5  # the grid goes first
    assert done.info["index_of_first_image"] == 1
    assert done.info["all_seeds"] == [7, 8, 9, 10]
    assert done.parameters["enable_hr"] is False
    assert done.images[1].size == (64, 64)
    assert done.images[1].info["parameters"] == done.info["infotexts"][1]
    assert "Seed: 7," in done.info["infotexts"][1]


def test_the_same_seed_gives_the_same_picture(api: WebUIApi) -> None:
    one, other = (
        api.txt2img(prompt="a fox", seed=7, sampler_name=name, **SMALL).image
        for name in ("Euler a", "k_euler_a")
    )
    assert numpy.array_equal(numpy.asarray(one), numpy.asarray(other))


def test_img2img_with_a_mask_changes_nothing_outside(
    api: WebUIApi, sketch: PIL.Image.Image
) -> None:
    levels = numpy.zeros((64, 64), numpy.uint8)
    levels[:, 32:] = 255
    done = api.img2img(
        images=[sketch],
        mask_image=PIL.Image.fromarray(levels),
        mask_blur=0,
        inpainting_fill=1,
        denoising_strength=1.0,
        prompt="a fox",
        seed=3,
        **SMALL,
    )
    before, after = (numpy.asarray(picture.convert("RGB")) for picture in (sketch, done.image))
    assert numpy.array_equal(before[:, :32], after[:, :32])
    assert not numpy.array_equal(before[:, 32:], after[:, 32:])
    assert done.parameters["init_images"] is None
    assert done.info["denoising_strength"] == 1.0


def test_img2img_without_a_mask(api: WebUIApi, sketch: PIL.Image.Image) -> None:
    done = api.img2img(images=[sketch], prompt="a fox", denoising_strength=0.5, **SMALL)
    assert done.image.size == (64, 64)


def test_png_info_reads_what_was_painted(api: WebUIApi) -> None:
    picture = api.txt2img(prompt="a fox, really", seed=7, **SMALL).image
    told = api.png_info(picture)
    assert told.info == picture.info["parameters"]
    assert told.parameters["Prompt"] == "a fox, really"
    assert told.parameters["Seed"] == "7"
    assert (told.parameters["Size-1"], told.parameters["Size-2"]) == ("64", "64")


def test_pictures_are_scaled(api: WebUIApi, sketch: PIL.Image.Image) -> None:
    assert api.extra_single_image(sketch, upscaler_1="Lanczos", upscaling_resize=2).image.size == (
        128,
        128,
    )
    many = api.extra_batch_images([sketch, sketch], upscaler_1="Nearest", upscaling_resize=1.5)
    assert [picture.size for picture in many.images] == [(96, 96)] * 2


def test_options_are_read_changed_and_sent_back_whole(api: WebUIApi) -> None:
    before = api.get_options()
    assert api.set_options(before) is None
    api.set_options({"CLIP_stop_at_last_layers": 2})
    assert api.get_options()["CLIP_stop_at_last_layers"] == 2
    assert api.txt2img(**SMALL).info["clip_skip"] == 2
    api.set_options(before)
    assert api.get_options() == before


def test_settings_of_one_call_are_that_calls(api: WebUIApi) -> None:
    done = api.txt2img(override_settings={"samples_format": "jpg"}, **SMALL)
    assert done.image.format == "JPEG"
    assert api.txt2img(**SMALL).image.format == "PNG"


def test_progress_is_told_and_interrupt_stops(api: WebUIApi) -> None:
    idle = api.get_progress()
    assert (idle["progress"], idle["state"]["job_count"], idle["current_image"]) == (0, 0, None)
    answers = []
    call = threading.Thread(
        target=lambda: answers.append(
            api.txt2img(prompt="a fox", width=64, height=64, steps=150, n_iter=100)
        )
    )
    call.start()
    seen, until = api.get_progress(), time.monotonic() + 60
    while not seen["progress"] > 0.012 and time.monotonic() < until:
        time.sleep(0.05)
        seen = api.get_progress()
    assert 0.01 <= seen["progress"] < 1
    assert seen["state"]["job_count"] == 100
    assert api.interrupt() == {}
    call.join(60)
    assert len(answers) == 1
    assert "interrupted" in answers[0].info["warnings"]
    assert len(answers[0].images) < 100
    api.util_wait_for_ready(0.1)


def test_skip_goes_on_with_the_next_round(api: WebUIApi) -> None:
    assert api.skip() is None


def test_every_list_is_there(api: WebUIApi) -> None:
    assert api.get_samplers()[0]["name"] == "DPM++ 2M"
    assert api.get_schedulers()[0]["name"] == "automatic"
    assert api.get_upscalers()[0]["name"] == "None"
    assert len(api.get_latent_upscale_modes()) == 6
    assert "mini" in api.util_get_model_names()[0]
    assert api.get_embeddings() == {"loaded": {}, "skipped": {}}
    assert api.get_scripts()["txt2img"]
    assert set(api.get_memory()) == {"ram", "cuda"}
    assert api.get_cmd_flags()["api"] is True
    assert "Euler" in api.util_get_sampler_names()
    for empty in (
        api.get_sd_vae,
        api.get_loras,
        api.get_hypernetworks,
        api.get_face_restorers,
        api.get_realesrgan_models,
        api.get_prompt_styles,
        api.get_artist_categories,
        api.get_artists,
    ):
        assert empty() == []
    assert api.refresh_checkpoints() is None


def test_controlnet_is_asked_for_and_told_apart(api: WebUIApi, sketch: PIL.Image.Image) -> None:
    assert api.controlnet_version() > 0
    assert api.controlnet_model_list() == []
    assert {"none", "canny", "scribble_xdog"} <= set(api.controlnet_module_list())
    (edges,) = api.controlnet_detect([sketch], module="canny").images
    assert min(edges.size) == 512
    # The client keeps what was in its default of `alwayson_scripts` for the next call.
    off, on = ControlNetUnit(enabled=False), ControlNetUnit(image=sketch, model="canny")
    assert api.txt2img(controlnet_units=[off], alwayson_scripts={}, **SMALL).images
    with pytest.raises(RuntimeError, match=r"in controlnets; there are: none"):
        api.txt2img(controlnet_units=[on], alwayson_scripts={}, **SMALL)
    with pytest.raises(RuntimeError, match="ADetailer not found"):
        api.txt2img(adetailer=[ADetailer(ad_model="face")], alwayson_scripts={}, **SMALL)


def test_the_model_is_chosen_by_its_title(api: WebUIApi) -> None:
    api.util_set_model("mini")
    assert api.util_get_current_model().startswith("mini.safetensors [")
    api.set_options({"sd_model_checkpoint": "tiny"})
    assert api.util_get_current_model() == "tiny"
