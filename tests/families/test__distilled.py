"""Models for few steps are told by their names, which decide nothing but defaults."""

import pytest

from underpaint.families._distilled import distilled, suits
from underpaint.requests.image import ImageRequest


@pytest.mark.parametrize(
    ("name", "sampler", "steps"),
    [
        ("sd_xl_turbo_1.0_fp16", "euler_ancestral", 4),
        ("sd_turbo", "euler_ancestral", 4),
        ("sdxl_lightning_8step", "euler", 8),
        ("sdxl_lightning_4step_unet", "euler", 4),
        ("RealVisXL_V4.0_Lightning", "euler", 4),
        ("Hyper-SDXL-1step", "ddim", 1),
        ("hyper_sd15", "ddim", 8),
        ("LCM_Dreamshaper_v7_4k", "lcm", 8),
        ("sdxl-lcm", "lcm", 8),
    ],
)
def test_is_told_by_the_name(name: str, sampler: str, steps: int) -> None:
    found = distilled(name)
    assert (found["sampler"], found["steps"]) == (sampler, steps)
    assert (found["schedule"], found["guidance_scale"]) == ("sgm_uniform", 1)


@pytest.mark.parametrize(
    "name", ["v1-5-pruned-emaonly", "sd_xl_base_1.0", "hyperrealism", "falcmodel", "", "step4"]
)
def test_usual_models_have_no_such_defaults(name: str) -> None:
    assert distilled(name) == {}


def test_a_network_that_obeys_guidance_is_a_latent_consistency_model() -> None:
    found = distilled("anything", obeys_guidance=True)
    assert (found["sampler"], found["steps"], found["guidance_scale"]) == ("lcm", 4, 8)


def test_a_file_shows_whether_its_network_obeys() -> None:
    shapes = {"model.diffusion_model.time_embedding.cond_proj.weight": (320, 256)}
    assert suits("anything", shapes, {})["guidance_scale"] == 8
    assert suits("anything", {}, {}) == {}
    assert suits("sd_turbo", {}, {}) == distilled("sd_turbo")


@pytest.mark.parametrize("name", ["turbo", "lightning", "hyper-sd", "lcm", "turbo_99steps"])
def test_defaults_make_a_request(name: str) -> None:
    given = dict(distilled(name))
    request = ImageRequest(**given)  # pyright: ignore[reportArgumentType]
    assert {field: getattr(request, field) for field in given} == given


def test_a_file_says_in_how_many_steps_it_was_taught_to_paint() -> None:
    found = suits("mini_next_four_steps", {}, {"underpaint.few_steps": "4"})
    assert found == {
        "sampler": "euler",
        "schedule": "sgm_uniform",
        "guidance_scale": 1.0,
        "steps": 4,
    }


def test_levels_that_end_in_noise_only_are_walked_from_there() -> None:
    marks = {"underpaint.betas": "scaled_linear zero_terminal"}
    assert suits("mini_next", {}, marks) == {"schedule": "sgm_uniform"}
    assert suits("sd_turbo", {}, marks) == suits("sd_turbo", {}, {})
    assert suits("mini", {}, {"underpaint.betas": "scaled_linear"}) == {}
