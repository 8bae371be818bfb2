"""The value a training run is asked for with."""

import copy
import dataclasses
import pickle

import pytest

from underpaint.errors import RequestError
from underpaint.requests._fields import fields
from underpaint.requests.train import Sizes, TrainRequest

SIZES = {"unet": {"channels": (64, 128), "heads": 4, "skip": None}, "vae": {"channels": [32]}}

pixels = TrainRequest(recipe="doodles", kind="pixels", data="pictures")


def test_json_round_trip_is_exact() -> None:
    request = dataclasses.replace(
        pixels,
        kind="latents",
        autoencoder="vae.safetensors",
        sample_prompts=("a cat", "猫"),
        minutes=1 / 3,
        network=SIZES,
    )
    again = TrainRequest.from_json(request.to_json())
    assert again == request
    assert hash(again) == hash(request)
    assert pickle.loads(pickle.dumps(again)) == request
    assert TrainRequest.from_json(pixels.to_json()) == pixels


def test_a_run_has_a_folder_of_its_own() -> None:
    assert pixels.out == "runs/doodles"
    assert dataclasses.replace(pixels, out="elsewhere").out == "elsewhere"


def test_sizes_cannot_change_and_are_what_was_given() -> None:
    sizes = Sizes(SIZES)
    assert sizes["unet"]["channels"] == sizes["unet"]["channels"][:] == (64, 128)
    assert dict(**sizes["unet"]) == SIZES["unet"]
    assert sizes["vae"]["channels"] == (32,)
    assert sizes.plain() == {
        "unet": {"channels": [64, 128], "heads": 4, "skip": None},
        "vae": {"channels": [32]},
    }
    assert copy.deepcopy(sizes) == sizes
    assert hash(Sizes({"a": 1, "b": 2})) == hash(Sizes({"b": 2, "a": 1}))
    assert repr(Sizes({"a": 1})) == "{'a': 1}"
    with pytest.raises(TypeError):
        sizes["unet"] = 3  # pyright: ignore[reportIndexIssue]


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (3, "network is 3; it must be a mapping"),
        ({1: 2}, "network has the name 1; names must be text"),
        ({"a": {"b": {1, 2}}}, "network holds {1, 2}, which JSON has not"),
        ({"a": float("nan")}, "network holds nan"),
    ],
)
def test_sizes_that_json_has_not_are_refused(network: object, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        dataclasses.replace(pixels, network=network)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"kind": "video"}, "kind is 'video'; it must be one of pixels, autoencoder, latents"),
        ({"kind": "latents"}, "latents need an autoencoder"),
        ({"autoencoder": "vae.safetensors"}, "the others take none"),
        ({"data": ""}, "must not be empty"),
        ({"ema": 1.5}, "ema is 1.5; it must be between 0 and 1"),
        ({"batch": 0}, "batch is 0; it must be between 1 and 65536"),
        ({"minutes": -1.0}, "minutes is -1.0; it must be at least 0"),
        ({"sample_prompts": ("a", "b" * 17_000)}, "sample_prompts is 17000 bytes long"),
        ({"steps": 0.5}, "steps is 0.5; it must be a whole number between 1"),
    ],
)
def test_refusals_name_field_value_and_range(values: dict[str, object], words: str) -> None:
    with pytest.raises(RequestError, match=words):
        dataclasses.replace(pixels, **values)


def test_what_has_no_default_must_be_given() -> None:
    required = [field.name for field in fields(TrainRequest) if field.required]
    assert required == ["recipe", "kind", "data"]
    with pytest.raises(RequestError, match="recipe is missing"):
        TrainRequest()  # pyright: ignore[reportCallIssue]


def test_every_field_explains_itself() -> None:
    for field in fields(TrainRequest):
        assert field.help.endswith(".")
        assert len(field.help) > 20
    assert TrainRequest.json_schema()["properties"]["network"]["type"] == "object"


@pytest.mark.parametrize("prediction", ["eps", "flow"])
def test_a_level_of_noise_only_wants_a_prediction_that_holds_there(prediction: str) -> None:
    assert dataclasses.replace(pixels, prediction="v", zero_terminal=True).zero_terminal
    with pytest.raises(RequestError, match="v or x0 must be predicted"):
        dataclasses.replace(pixels, prediction=prediction, zero_terminal=True)


def test_only_denoisers_have_a_teacher() -> None:
    assert dataclasses.replace(pixels, teacher="mini.safetensors").few_steps == 4
    with pytest.raises(RequestError, match="denoisers have one"):
        dataclasses.replace(pixels, kind="autoencoder", teacher="mini.safetensors")
