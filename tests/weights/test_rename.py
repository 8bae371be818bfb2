"""A network takes exactly its own tensors, and says what is wrong with others."""

import pytest
import torch
from torch import Tensor, nn

from underpaint.errors import WeightsError
from underpaint.weights._lazy import Promise, Tensors
from underpaint.weights.rename import bind, split, text_model


def network(device: str = "meta") -> nn.Module:
    with torch.device(device):
        return nn.Sequential(nn.Linear(2, 3), nn.LayerNorm(3))


def tensors() -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in network("cpu").state_dict().items()}


def test_the_tensors_become_the_weights_without_a_copy() -> None:
    module, given = network(), tensors()
    bind(module, given, "it")
    found = module.state_dict()
    assert all(found[name].data_ptr() == given[name].data_ptr() for name in given)
    assert module(torch.ones(1, 2)).shape == (1, 3)


def test_names_what_is_missing_unexpected_and_misshapen() -> None:
    given = tensors()
    given["2.weight"] = given.pop("1.bias")
    given["0.weight"] = torch.zeros(3, 4)
    module = network()
    with pytest.raises(WeightsError) as caught:
        bind(module, given, "'a.safetensors' (U-Net)")
    assert str(caught.value) == (
        "'a.safetensors' (U-Net) lacks 1.bias; has unexpected 2.weight; "
        "has in another shape 0.weight [3, 4] instead of [3, 2]"
    )
    assert all(tensor.is_meta for tensor in module.state_dict().values())  # nothing was taken


def test_names_ten_and_counts_the_rest() -> None:
    given = tensors() | {f"extra.{index:02}": torch.zeros(1) for index in range(23)}
    with pytest.raises(WeightsError, match=r"extra\.00, .*, extra\.09 and 13 more$"):
        bind(network(), given, "it")


def test_wild_names_are_shown_on_one_line() -> None:
    given = tensors() | {"\n\x1b[31m" + "x" * 500: torch.zeros(1)}
    with pytest.raises(WeightsError) as caught:
        bind(network(), given, "it")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200


def test_splits_by_prefix_and_drops_what_no_network_needs() -> None:
    one = torch.zeros(1)
    whole = {
        "first_stage_model.decoder.conv_in.weight": one,
        "first_stage_model.loss.discriminator.main.0.weight": one,
        "first_stage_model.model_ema.decay": one,
        "model.diffusion_model.out.2.bias": one,
        "cond_stage_model.transformer.text_model.embeddings.position_ids": one,
        "cond_stage_model.transformer.embeddings.position_ids": one,
        "cond_stage_model.transformer.text_projection.weight": one,
        "cond_stage_model.transformer.text_model.final_layer_norm.bias": one,
        "model_ema.decay": one,
        "alphas_cumprod": one,
    }
    text = "cond_stage_model.transformer."
    assert split(whole, "first_stage_model.").keys() == {"decoder.conv_in.weight"}
    assert split(whole, "model.diffusion_model.").keys() == {"out.2.bias"}
    assert split(whole, text).keys() == {"text_model.final_layer_norm.bias"}
    assert split(whole, "nothing.") == {}


def test_splitting_makes_nothing() -> None:
    def make() -> Tensor:
        raise AssertionError("made")

    whole = Tensors({"a.b": Promise(torch.float32, (2,), make)})
    assert list(split(whole, "a.")) == ["b"]


def test_clip_may_come_with_and_without_its_prefix() -> None:
    with_prefix = {"text_model.final_layer_norm.bias": torch.zeros(1)}
    without = {"final_layer_norm.bias": with_prefix["text_model.final_layer_norm.bias"]}
    assert text_model(with_prefix) == text_model(without) == with_prefix
