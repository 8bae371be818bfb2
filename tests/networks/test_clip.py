"""The text encoder against transformers' own on shared random weights."""

from collections.abc import Mapping

import pytest
import torch
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel

from underpaint.networks.clip import ClipText, ClipTextParams

END = 99
PARAMS = ClipTextParams(vocabulary=END + 1, context_length=16, width=48, layers=4, heads=3)
IDS = torch.tensor(
    [
        [98, 5, 6, 7, *[END] * 12],
        [98, *range(10, 24), END],
        [98, *[END] * 15],
    ]
)


@pytest.fixture(scope="module")
def own() -> ClipText:
    torch.manual_seed(1)
    network = ClipText(PARAMS)
    for name, weight in network.named_parameters():
        if "norm" in name:
            weight.data += 0.3 * torch.randn(weight.shape)
    return network.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def reference(own: ClipText) -> CLIPTextModel:
    theirs = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=PARAMS.vocabulary,
            hidden_size=PARAMS.width,
            intermediate_size=4 * PARAMS.width,
            num_hidden_layers=PARAMS.layers,
            num_attention_heads=PARAMS.heads,
            max_position_embeddings=PARAMS.context_length,
            hidden_act="quick_gelu",
            bos_token_id=98,
            eos_token_id=END,
            projection_dim=PARAMS.width,
        )
    )
    theirs.load_state_dict(fitting(own.state_dict(), theirs.state_dict()))
    return theirs.eval().requires_grad_(False)


def fitting(tensors: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors under transformers' names, which have lost their prefix of late."""
    prefix = "text_model."
    plain = {name.removeprefix(prefix): tensor for name, tensor in tensors.items()}
    return {name: plain[name.removeprefix(prefix)] for name in wanted}


def test_features_and_pooled_vector_agree_with_transformers(
    own: ClipText, reference: CLIPTextModel
) -> None:
    features, pooled = own(IDS)
    wanted = reference(IDS)
    assert (features - wanted.last_hidden_state).abs().max() <= 1e-4
    assert (pooled - wanted.pooler_output).abs().max() <= 1e-4


@pytest.mark.parametrize("clip_skip", [1, 2, 3, 4])
def test_clip_skip_takes_an_earlier_layer_and_the_last_norm(
    own: ClipText, reference: CLIPTextModel, clip_skip: int
) -> None:
    features, pooled = own(IDS, clip_skip=clip_skip)
    hidden = reference(IDS, output_hidden_states=True).hidden_states[-clip_skip]
    norm = own.text_model.final_layer_norm
    assert (features - norm(hidden)).abs().max() <= 1e-4
    assert torch.equal(pooled, own(IDS)[1])


def test_a_token_hears_only_those_before_it(own: ClipText) -> None:
    changed = IDS.clone()
    changed[:, 8:] = 50
    assert torch.allclose(own(changed)[0][:, :8], own(IDS)[0][:, :8], atol=1e-6)
    assert not torch.allclose(own(changed)[0][:, 8:], own(IDS)[0][:, 8:], atol=1e-2)


def test_pooled_is_at_the_first_end_token(own: ClipText) -> None:
    features, pooled = own(IDS)
    assert torch.equal(pooled, torch.stack([features[0, 4], features[1, 15], features[2, 1]]))


def test_a_shorter_row_is_read_as_the_beginning_of_a_longer(own: ClipText) -> None:
    assert torch.allclose(own(IDS[:1, :6])[0], own(IDS[:1])[0][:, :6], atol=1e-6)


def test_can_learn() -> None:
    network = ClipText(PARAMS)
    features, pooled = network(IDS)
    (features.sum() + pooled.sum()).backward()
    assert all(weight.grad is not None for weight in network.parameters())


def test_vectors_are_read_in_place_of_tokens(own: ClipText) -> None:
    table = own.text_model.embeddings.token_embedding.weight
    blank = IDS[:1].clone()
    blank[0, 1:3] = 0
    found = own(blank, vectors={1: table[5:7]})
    for one, other in zip(found, own(IDS[:1]), strict=True):
        assert torch.equal(one, other)
    assert not torch.equal(own(blank)[0], found[0])
