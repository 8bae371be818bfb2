"""OpenCLIP's text encoder against transformers' own, converted by diffusers' own table."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from diffusers.loaders.single_file_utils import convert_open_clip_checkpoint
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModelWithProjection

from underpaint.networks.open_clip import OpenClipText, OpenClipTextParams

END = 99
PARAMS = OpenClipTextParams(
    vocabulary=END + 1, context_length=16, width=48, layers=4, heads=3, projection=48
)
IDS = torch.tensor(
    [
        [98, 5, 6, 7, END, *[0] * 11],
        [98, *range(10, 24), END],
        [98, END, *[0] * 14],
    ]
)


def network(params: OpenClipTextParams) -> OpenClipText:
    torch.manual_seed(1)
    own = OpenClipText(params)
    for name, weight in own.named_parameters():
        if "ln" in name or "bias" in name:
            weight.data += 0.3 * torch.randn(weight.shape)
    return own.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def own() -> OpenClipText:
    return network(PARAMS)


@pytest.fixture(scope="module")
def reference(own: OpenClipText) -> Any:  # noqa: ANN401
    theirs: Any = CLIPTextModelWithProjection(
        CLIPTextConfig(
            vocab_size=PARAMS.vocabulary,
            hidden_size=PARAMS.width,
            intermediate_size=4 * PARAMS.width,
            num_hidden_layers=PARAMS.layers,
            num_attention_heads=PARAMS.heads,
            max_position_embeddings=PARAMS.context_length,
            hidden_act="gelu",
            bos_token_id=98,
            eos_token_id=END,
            projection_dim=PARAMS.width,
        )
    )
    prefix = "conditioner.embedders.1.model."
    named = {prefix + name: tensor for name, tensor in own.state_dict().items()}
    theirs.load_state_dict(convert_open_clip_checkpoint(theirs, named, prefix))
    return theirs.eval().requires_grad_(False)


def relative(found: Tensor, wanted: Tensor) -> float:
    """Return the largest difference as a share of the largest number."""
    return float((found - wanted).abs().max() / wanted.abs().max())


def test_features_and_pooled_vector_agree_with_transformers(
    own: OpenClipText, reference: Any  # noqa: ANN401
) -> None:  # fmt: skip
    features, pooled = own(IDS)
    wanted = reference(IDS)
    assert relative(features, wanted.last_hidden_state) <= 1e-4
    assert relative(pooled, wanted.text_embeds) <= 1e-4


@pytest.mark.parametrize("clip_skip", [1, 2, 3, 4])
def test_an_earlier_layer_agrees_with_the_norm_and_without_it(
    own: OpenClipText,
    reference: Any,  # noqa: ANN401
    clip_skip: int,
) -> None:
    hidden = reference(IDS, output_hidden_states=True).hidden_states[-clip_skip]
    features, pooled = own(IDS, clip_skip=clip_skip)
    assert relative(features, own.ln_final(hidden)) <= 1e-4

    bare = network(replace(PARAMS, normalised=False))
    features, same = bare(IDS, clip_skip=clip_skip)
    assert relative(features, hidden) <= 1e-4
    assert torch.equal(pooled, same)
    assert torch.equal(pooled, own(IDS)[1])


def test_the_fused_projection_is_query_key_and_value_in_that_order() -> None:
    attention: Any = network(PARAMS).get_submodule("transformer.resblocks.0.attn")
    x = torch.randn(1, 5, 48, generator=torch.Generator().manual_seed(1))
    usual = attention(x)
    attention.in_proj_weight[:96] = 0  # without queries and keys every token hears all before it
    attention.in_proj_bias[:96] = 0
    value = x @ attention.in_proj_weight[96:].T + attention.in_proj_bias[96:]
    mean = value.cumsum(1) / torch.arange(1, 6)[:, None]
    assert torch.allclose(attention(x), attention.out_proj(mean), atol=1e-5)
    assert not torch.allclose(attention(x), usual, atol=1e-3)


def test_a_token_hears_only_those_before_it(own: OpenClipText) -> None:
    changed = IDS.clone()
    changed[:, 8:] = 50
    assert torch.allclose(own(changed)[0][:, :8], own(IDS)[0][:, :8], atol=1e-6)
    assert not torch.allclose(own(changed)[0][:, 8:], own(IDS)[0][:, 8:], atol=1e-2)


def test_pooled_is_the_projection_of_the_end_tokens_features(own: OpenClipText) -> None:
    features, pooled = own(IDS)
    ends = torch.stack([features[0, 4], features[1, 15], features[2, 1]])
    assert torch.allclose(pooled, ends @ own.text_projection, atol=1e-5)

    plain = network(replace(PARAMS, projection=None))
    assert "text_projection" not in plain.state_dict()
    features, pooled = plain(IDS)
    assert torch.equal(pooled[0], features[0, 4])


def test_a_persons_own_vectors_are_read_in_place_of_tokens(own: OpenClipText) -> None:
    table = own.token_embedding.weight
    spelt_out = own(torch.tensor([[98, 5, 20, 21, END]]))
    for place, vectors in ((2, table[[20, 21]]), (2, table[20:22].clone())):
        found = own(torch.tensor([[98, 5, 0, 0, END]]), vectors={place: vectors})
        assert torch.equal(found[0], spelt_out[0])
        assert torch.equal(found[1], spelt_out[1])


def test_can_learn() -> None:
    learner = OpenClipText(PARAMS)
    features, pooled = learner(IDS)
    (features.sum() + pooled.sum()).backward()
    assert all(weight.grad is not None for weight in learner.parameters())
