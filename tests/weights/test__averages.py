"""The averages of weights get back the dots that their names have lost."""

import pytest

from tests.golden import make_keys
from underpaint.weights._averages import PREFIX, chosen, dotted


def averaged(name: str) -> str:
    """Return what CompVis's programs call the average of a tensor of the U-Net."""
    return PREFIX + name.removeprefix("model.").replace(".", "")


@pytest.mark.parametrize("model", ["sd15", "sd15-inpainting", "sd21", "sdxl", "sdxl-refiner"])
def test_the_name_of_every_u_net_is_found_again(model: str) -> None:
    names = [n for n in make_keys.read()[model]["single"] if n.startswith("model.")]
    assert len(names) >= 686
    assert {f"model.{dotted(averaged(name))}" for name in names} == set(names)
    assert len({averaged(name) for name in names}) == len(names)


@pytest.mark.parametrize("name", ["decay", "num_updates", "decoderconv_inweight", "weightx", ""])
def test_what_is_the_average_of_nothing_we_know_has_no_name(name: str) -> None:
    assert not dotted(PREFIX + name)


def test_a_file_without_averages_is_taken_as_it_is() -> None:
    assert chosen(["a", "b"]) == ({"a": "a", "b": "b"}, "")


def test_weights_go_before_their_averages() -> None:
    names = ["model.diffusion_model.out.2.bias", "first_stage_model.a", "model_ema.decay"]
    both = [*names, "model_ema.diffusion_modelout2bias"]
    assert chosen(both) == ({name: name for name in names[:2]}, "left out")


def test_averages_stand_for_weights_that_are_not_there() -> None:
    names = ["model_ema.diffusion_modelout2bias", "model_ema.num_updates", "first_stage_model.a"]
    wanted = {"first_stage_model.a": "first_stage_model.a"}
    wanted["model.diffusion_model.out.2.bias"] = "model_ema.diffusion_modelout2bias"
    assert chosen(names) == (wanted, "used")
    assert chosen(names[1:]).averages == "left out"
