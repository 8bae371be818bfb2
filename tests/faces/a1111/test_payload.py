"""The fields of the two painting calls."""

import pytest
from pydantic import ValidationError

from underpaint.faces.a1111.payload import ImageToImage, TextToImage, arguments

DEFAULTS = {
    **{"prompt": "", "negative_prompt": "", "styles": None, "seed": -1, "subseed": -1},
    **{"subseed_strength": 0, "seed_resize_from_h": -1, "seed_resize_from_w": -1},
    **{"sampler_name": None, "scheduler": None, "sampler_index": "Euler", "batch_size": 1},
    **{"n_iter": 1, "steps": 50, "cfg_scale": 7.0, "width": 512, "height": 512},
    **{"restore_faces": None, "tiling": None, "eta": None, "s_churn": None, "s_noise": None},
    **{"override_settings": None, "override_settings_restore_afterwards": True},
    **{"script_name": None, "script_args": [], "alwayson_scripts": {}, "send_images": True},
    **{"save_images": False, "force_task_id": None, "infotext": None},
}
FOR_WORDS = {
    **{"enable_hr": False, "hr_scale": 2.0, "hr_upscaler": None, "hr_second_pass_steps": 0},
    **{"hr_resize_x": 0, "hr_prompt": "", "hr_sampler_name": None, "denoising_strength": None},
}
FOR_PICTURES = {
    **{"init_images": None, "resize_mode": 0, "mask": None, "mask_blur": None, "mask_blur_x": 4},
    **{"mask_round": True, "inpainting_fill": 0, "inpaint_full_res": True},
    **{"inpaint_full_res_padding": 0, "inpainting_mask_invert": 0, "include_init_images": False},
}


@pytest.mark.parametrize(("kind", "more"), [(TextToImage, FOR_WORDS), (ImageToImage, FOR_PICTURES)])
def test_defaults_are_theirs(kind: type[TextToImage], more: dict[str, object]) -> None:
    echo = kind().echo()
    assert {name: echo[name] for name in DEFAULTS | more} == DEFAULTS | more


@pytest.mark.parametrize("kind", [TextToImage, ImageToImage])
def test_null_in_every_field_is_the_default(kind: type[TextToImage]) -> None:
    nothing = dict.fromkeys(kind.model_fields)
    assert kind.model_validate(nothing) == kind()


def test_numbers_may_be_texts_and_texts_numbers() -> None:
    payload = TextToImage.model_validate(
        {"steps": "7", "cfg_scale": "2.5", "prompt": 7, "seed": 7.0}
    )
    assert (payload.steps, payload.cfg_scale, payload.prompt, payload.seed) == (7, 2.5, "7", 7)


@pytest.mark.parametrize(
    "fields", [{"steps": "x"}, {"steps": 1.5}, {"cfg_scale": float("nan")}, {"n_iter": 101}, [1]]
)
def test_what_is_no_such_value_is_refused(fields: object) -> None:
    with pytest.raises(ValidationError):
        TextToImage.model_validate(fields)


@pytest.mark.parametrize(
    ("script", "given"),
    [
        ({}, []),
        ({"args": None}, []),
        ({"args": [True, 2]}, [True, 2]),
        ({"args": {"on": True, "bias": 2}}, [True, 2]),
        ({"args": 5}, [5]),
        ({"args": "on"}, ["on"]),
    ],
)
def test_arguments_of_a_script_are_a_list_however_they_come(
    script: dict[str, object], given: list[object]
) -> None:
    assert arguments(script) == given
