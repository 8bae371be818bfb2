"""One walk: its levels, its noise and its guidance."""

from dataclasses import replace

import pytest
import torch

from underpaint import catalog
from underpaint.diffusion.sigmas import truncated
from underpaint.families._model import Model
from underpaint.media import Image
from underpaint.pipelines._passes import Pass
from underpaint.requests._samplers import SAMPLERS
from underpaint.requests.image import ImageRequest

PLAIN = ImageRequest(
    prompt="a fox", steps=4, width=64, height=96, seed=3, variation_seed=4, batch=1
)


@pytest.mark.parametrize("sampler", catalog.ids(SAMPLERS))
def test_from_words_every_level_is_walked(model: Model, sampler: str) -> None:
    walk = Pass(replace(PLAIN, sampler=sampler), model)
    assert walk.steps == 4
    assert torch.equal(walk.sigmas, walk.schedule)
    assert walk.calls in (1, 2, 3)
    assert walk.shape == (4, 12, 8)


def test_from_a_picture_the_tail_is_walked(model: Model) -> None:
    init = Image("RGB", 1, 1, b"abc")
    walk = Pass(replace(PLAIN, init=init, strength=0.5), model)
    assert torch.equal(walk.sigmas, truncated(walk.schedule, 0.5))
    assert walk.steps == 3


def test_the_negative_prompt_counts_with_guidance(model: Model) -> None:
    assert Pass(PLAIN, model).is_guided
    assert not Pass(replace(PLAIN, guidance_scale=1.0), model).is_guided
    assert Pass(replace(PLAIN, guidance_scale=1.0, sampler="ddim_cfgpp"), model).is_guided


def test_noise_belongs_to_the_seed(model: Model) -> None:
    walk, other = Pass(PLAIN, model), replace(PLAIN, seed=4)
    both = walk.noise([PLAIN, other])
    assert both.shape == (2, 4, 12, 8)
    assert torch.equal(both[1:], walk.noise([other]))
    varied = replace(PLAIN, variation_strength=1.0)
    assert torch.equal(Pass(varied, model).noise([varied]), both[1:])


@pytest.mark.parametrize("sampler", ["euler", "dpmpp_sde", "ddim_cfgpp", "dpm_2_ancestral"])
def test_a_walk_ends_on_what_the_denoiser_says(model: Model, sampler: str) -> None:
    walk = Pass(replace(PLAIN, sampler=sampler), model)
    answer = torch.full((1, *walk.shape), 0.25)
    denoise = walk.denoiser(lambda x, sigma: (answer, answer))
    steps = list(walk.walk([PLAIN], denoise, torch.zeros(1, *walk.shape), walk.noise([PLAIN])))
    assert torch.allclose(steps[-1].x, answer, atol=1e-5)
    assert len(steps) == 4


@pytest.mark.parametrize(("strength", "levels"), [(0.01, 400), (0.5, 8), (0.75, 5), (1.0, 4)])
def test_over_what_is_painted_all_steps_are_walked(
    model: Model, strength: float, levels: int
) -> None:
    walk = Pass(replace(PLAIN, strength=strength), model, over=True)
    assert walk.steps == 4
    assert len(walk.schedule) == levels + 1
    assert torch.equal(walk.sigmas, walk.schedule[-5:])
