"""Metadata is understood or refused; files without any get Stable Diffusion 1.5's values."""

import json
from typing import Any

import pytest
import torch
from diffusers.schedulers.scheduling_ddim import DDIMScheduler

from underpaint.diffusion.forward import FlowClock
from underpaint.diffusion.prediction import PREDICTIONS
from underpaint.errors import WeightsError
from underpaint.families._marks import understood


def test_files_from_elsewhere_get_the_values_of_1_5() -> None:
    marks = understood({"format": "pt", "ss_tag_frequency": "{}"}, "it")
    assert marks.prediction is None
    assert marks.latent_scale == 0.18215
    assert (marks.native, marks.preview, marks.heads) == (None, None, {})
    assert marks.clock.sigma_max == pytest.approx(14.6146, abs=1e-3)


def test_everything_can_be_told() -> None:
    marks = understood(
        {
            "underpaint.prediction": "v",
            "underpaint.betas": "cosine",
            "underpaint.latent_scale": "0.5",
            "underpaint.native": "256",
            "underpaint.preview": "[[1, 0, 0], [0, 0.5, 0], [0, 0, -1]]",
            "underpaint.network": json.dumps({"unet": {"heads": 4, "channels": 8}, "text": {}}),
        },
        "it",
    )
    assert marks.prediction is PREDICTIONS["v"]
    assert marks.clock.sigma_max > 1000
    assert (marks.latent_scale, marks.native, marks.heads) == (0.5, 256, {"unet": 4})
    assert marks.preview is not None
    assert marks.preview.tolist() == [[1, 0, 0], [0, 0.5, 0], [0, 0, -1]]


def test_betas_may_have_ends() -> None:
    usual = understood({"underpaint.betas": "scaled_linear 0.00085 0.012"}, "it").clock
    assert torch.equal(usual.sigmas, understood({}, "it").clock.sigmas)
    wider = understood({"underpaint.betas": "linear 0.0001 0.02"}, "it").clock
    assert wider.sigma_max == pytest.approx(157.4, abs=0.1)


def test_no_signal_may_be_left_at_the_last_level() -> None:
    told = understood({"underpaint.betas": "scaled_linear zero_terminal"}, "it").clock
    assert told.sigma_max == pytest.approx(4096)
    assert torch.equal(understood({}, "it", names={"ztsnr"}).clock.sigmas, told.sigmas)
    spelt_out = {"underpaint.betas": "scaled_linear 0.00085 0.012 zero_terminal"}
    assert torch.equal(understood(spelt_out, "it").clock.sigmas, told.sigmas)
    ours = understood({"underpaint.betas": "scaled_linear"}, "it", names={"ztsnr"}).clock
    assert ours.sigma_max == pytest.approx(14.6146, abs=1e-3)


def test_levels_without_signal_are_as_diffusers_has_them() -> None:
    theirs: Any = DDIMScheduler(
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.012,
        rescale_betas_zero_snr=True,
    )
    found = understood({}, "it", names={"ztsnr"}).clock.sigmas[:-1]
    bars = theirs.alphas_cumprod[:-1].double()
    assert torch.allclose(found, ((1 - bars) / bars).sqrt(), rtol=1e-3)


@pytest.mark.parametrize(
    ("metadata", "names", "predicts"),
    [
        ({"modelspec.prediction_type": "epsilon"}, set(), "eps"),
        ({"modelspec.prediction_type": "v"}, set(), "v"),
        ({"modelspec.prediction_type": "v_prediction"}, set(), "v"),
        ({}, {"v_pred", "ztsnr"}, "v"),
        ({"modelspec.prediction_type": "epsilon"}, {"v_pred"}, "v"),
        ({"underpaint.prediction": "eps"}, {"v_pred"}, "eps"),
        ({"modelspec.prediction_type": "something new"}, set(), None),
    ],
)
def test_files_from_elsewhere_may_tell_what_they_predict(
    metadata: dict[str, str], names: set[str], predicts: str | None
) -> None:
    found = understood(metadata, "it", names=names).prediction
    assert (found and found.name) == predicts


@pytest.mark.parametrize("name", ["edm_mean", "edm_vpred.sigma_max"])
def test_levels_that_no_family_has_are_refused(name: str) -> None:
    with pytest.raises(WeightsError, match=f"^it has {name}: models with EDM's levels are not"):
        understood({}, "it", names={name, "edm_std"})


def test_a_family_has_its_own_latent_scale() -> None:
    assert understood({}, "it", latent_scale=0.13025).latent_scale == 0.13025
    told = understood({"underpaint.latent_scale": "1"}, "it", latent_scale=0.13025)
    assert told.latent_scale == 1


def test_a_flow_has_its_own_clock() -> None:
    assert isinstance(understood({"underpaint.prediction": "flow"}, "it").clock, FlowClock)


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("prediction", "epsilon", "eps, v, x0, flow"),
        ("prediction", "", "eps, v, x0, flow"),
        ("betas", "quadratic", "linear, scaled_linear, cosine"),
        ("betas", "", "linear, scaled_linear, cosine"),
        ("betas", "linear 0.1", "two numbers"),
        ("betas", "linear 0.5 0.1", "two numbers"),
        ("betas", "linear 0 nan", "two numbers"),
        ("betas", "linear 0.1 0.2 0.3", "two numbers"),
        ("betas", "zero_terminal", "and zero_terminal at the end or not"),
        ("betas", "linear zero_terminal 0.1", "and zero_terminal at the end or not"),
        ("latent_scale", "0", "above 0"),
        ("latent_scale", "-1", "above 0"),
        ("latent_scale", "nan", "above 0"),
        ("latent_scale", "inf", "above 0"),
        ("latent_scale", "one", "above 0"),
        ("native", "8", "from 16 to 4096"),
        ("native", "99999", "from 16 to 4096"),
        ("native", "256.5", "from 16 to 4096"),
        ("native", "9" * 5000, "from 16 to 4096"),
        ("preview", "[1, 2, 3]", "JSON list of colours"),
        ("preview", "[[1, 2], [3, 4]]", "JSON list of colours"),
        ("preview", "[[1, 2, 3], [4]]", "JSON list of colours"),
        ("preview", "[[NaN, 2, 3]]", "JSON list of colours"),
        ("preview", '{"a": 1}', "JSON list of colours"),
        ("preview", "[" * 100_000, "JSON list of colours"),
        ("network", "[]", "JSON object"),
        ("network", "{", "JSON object"),
        ("network", '{"unet": {"heads": 0}}', "JSON object"),
        ("network", '{"unet": {"heads": true}}', "JSON object"),
        ("network", '{"unet": {"heads": 8.0}}', "JSON object"),
    ],
)
def test_refuses(key: str, value: str, allowed: str) -> None:
    with pytest.raises(WeightsError, match=allowed) as caught:
        understood({f"underpaint.{key}": value}, "'model.safetensors'")
    text = str(caught.value)
    assert text.startswith(f"'model.safetensors' says that underpaint.{key} is ")
    assert len(text) < 300
