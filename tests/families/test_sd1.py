"""Stable Diffusion 1 from a file: the real one's keys, the text's rules, what does not fit."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.golden import make_keys
from underpaint.errors import RequestError, WeightsError
from underpaint.families import sd1, tiny
from underpaint.families._model import Model
from underpaint.networks.clip import ClipText
from underpaint.networks.tokenizer import Tokenizer
from underpaint.prompt.emphasis import parse
from underpaint.weights import checkpoint, packed
from underpaint.weights.checkpoint import Weights
from underpaint.weights.rename import hollow, split


@pytest.fixture(scope="module")
def model() -> Model:
    return sd1.build(tiny.weights())


@pytest.fixture(scope="module")
def real() -> dict[str, Tensor]:
    """Stable Diffusion 1.5's tensors by name, without numbers."""
    single = make_keys.read()["sd15"]["single"]
    return {name: torch.empty(shape, device="meta") for name, shape in single.items()}


def shapes(tensors: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


def test_the_real_checkpoint_is_recognised_and_built(real: dict[str, Tensor]) -> None:
    assert sd1.matches(shapes(real))
    model = sd1.build(Weights(real, {}, name="v1-5"), device="meta")
    assert model.latent_shape(512, 768) == (4, 96, 64)
    assert model.canvas(520, 64) == (520, 64)
    assert model.prediction.name == "eps"
    assert model.clock.sigma_min == pytest.approx(0.0292, abs=1e-4)


# What is recognised.


def test_recognises_small_ones_and_packed_ones() -> None:
    tensors = tiny.weights().tensors
    assert sd1.matches(shapes(tensors))
    assert sd1.matches(shapes(packed.pack(tensors)))


@pytest.mark.parametrize("lost", ["middle_block.1.proj_in", "decoder.conv_in", "token_embedding"])
def test_recognises_nothing_less(real: dict[str, Tensor], lost: str) -> None:
    assert not sd1.matches(shapes({n: t for n, t in real.items() if f"{lost}.weight" not in n}))


def test_stable_diffusion_2_is_another_family(real: dict[str, Tensor]) -> None:
    linear = dict(shapes(real))
    linear["model.diffusion_model.middle_block.1.proj_in.weight"] = (1280, 1280)
    assert not sd1.matches(linear)


# What is read.


def test_clip_may_lack_its_prefix(model: Model) -> None:
    weights = tiny.weights()
    bare = {name.replace("text_model.", ""): tensor for name, tensor in weights.tensors.items()}
    assert sd1.matches(shapes(bare))
    other = sd1.build(replace(weights, tensors=bare))
    assert torch.equal(other.encode_text("a fox").tokens, model.encode_text("a fox").tokens)


def test_what_else_stands_in_a_file_is_passed_over() -> None:
    weights = tiny.weights()
    one = torch.zeros(1)
    extra = {
        "alphas_cumprod": one,
        "model_ema.decay": one,
        "first_stage_model.loss.logvar": one,
        "cond_stage_model.transformer.text_model.embeddings.position_ids": one,
        "embedding_manager.string_to_param_dict.*": one,
    }
    sd1.build(replace(weights, tensors=dict(weights.tensors) | extra))


def test_a_packed_model_paints_nearly_the_same(tmp_path: Path, model: Model) -> None:
    weights = tiny.weights()

    def rule(name: str, tensor: Tensor) -> packed.Packing | None:
        return (
            packed.Packing(rank=32) if "token_embedding" in name else packed.matrices(name, tensor)
        )

    checkpoint.save(
        tmp_path / "p.safetensors", packed.pack(weights.tensors, rule), weights.metadata
    )
    small = checkpoint.read(tmp_path / "p.safetensors")
    assert sd1.matches(small.shapes)
    assert (
        "cond_stage_model.transformer.text_model.embeddings.token_embedding.weight.basis"
        in small.tensors
    )
    found = sd1.build(small).encode_text("a red fox").tokens
    wanted = model.encode_text("a red fox").tokens
    assert (found - wanted).norm() < 0.03 * wanted.norm()


def test_metadata_is_heeded() -> None:
    weights = tiny.weights()
    metadata = {
        "underpaint.prediction": "v",
        "underpaint.native": "128",
        "underpaint.latent_scale": "2",
        "underpaint.network": '{"text": {"heads": 2}}',
    }
    other = sd1.build(replace(weights, metadata=metadata))
    usual = sd1.build(weights)
    assert (other.prediction.name, other.native) == ("v", 128)
    pixels = torch.zeros(1, 3, 16, 16)
    assert torch.allclose(other.encode(pixels), 2 * usual.encode(pixels))
    assert not torch.equal(other.encode_text("fox").tokens, usual.encode_text("fox").tokens)


def test_half_precision_is_kept_inside() -> None:
    half = sd1.build(tiny.weights(), dtype=torch.bfloat16)
    text = half.encode_text("a (red:1.2) fox")
    assert text.tokens.dtype == torch.bfloat16
    x = torch.randn(1, 4, 8, 8)
    (estimate,) = half.estimates(text)(x, torch.tensor(1.0))
    assert estimate.dtype == torch.float32
    assert half.decode(x).dtype == half.encode(half.decode(x)).dtype == torch.float32


# What is refused.


def changed(**tensors: Tensor | None) -> Weights:
    """Return the tiny model with tensors replaced or (None) gone; "__" stands for a point."""
    weights = tiny.weights()
    all_of_them: dict[str, Tensor | None] = dict(weights.tensors)
    all_of_them |= {name.replace("__", "."): tensor for name, tensor in tensors.items()}
    left = {name: tensor for name, tensor in all_of_them.items() if tensor is not None}
    return replace(weights, tensors=left, path=Path("/models/odd.safetensors"))


@pytest.mark.parametrize(
    ("name", "tensor", "reason"),
    [
        ("model.diffusion_model.out.0.bias", None, r"\(U-Net\) lacks out\.0\.bias"),
        ("model.diffusion_model.out.9.bias", torch.ones(1), r"\(U-Net\) has unexpected out\.9"),
        ("model.diffusion_model.time_embed.0.weight", torch.ones(64, 15), r"\[64, 15\] instead of"),
        ("first_stage_model.quant_conv.bias", None, r"\(autoencoder\) lacks quant_conv\.bias"),
        ("cond_stage_model.transformer.text_model.final_layer_norm.bias", None, "encoder. lacks"),
        (
            "model.diffusion_model.input_blocks.0.0.weight",
            torch.ones(16, 5, 3, 3),
            "from 5 to 4 channels on latents of 4; .* only those for inpainting, 9 to 4, are",
        ),
        ("model.diffusion_model.label_emb.0.0.weight", torch.ones(64, 31), "another width than 32"),
    ],
)
def test_refuses_what_is_not_whole(name: str, tensor: Tensor | None, reason: str) -> None:
    with pytest.raises(WeightsError, match=reason) as caught:
        sd1.build(changed(**{name.replace(".", "__"): tensor}))
    assert str(caught.value).startswith("'odd.safetensors'")


def test_refuses_metadata_that_means_nothing() -> None:
    with pytest.raises(
        WeightsError, match=r"underpaint\.prediction is 'vv'; it must be eps, v, x0"
    ):
        sd1.build(replace(tiny.weights(), metadata={"underpaint.prediction": "vv"}))


# How a prompt is read.


def test_an_empty_prompt_is_one_context(model: Model) -> None:
    text = model.encode_text("")
    assert text.tokens.shape == (1, 77, 32)
    assert text.pooled is not None
    assert text.pooled.shape == (1, 32)


def test_a_long_prompt_is_several_contexts_each_read_by_itself(model: Model) -> None:
    text = model.encode_text("cat " * 75 + "dog")
    assert text.tokens.shape == (1, 154, 32)
    assert torch.equal(text.tokens[:, :77], model.encode_text("cat " * 75).tokens)
    assert torch.equal(text.tokens[:, 77:], model.encode_text("dog").tokens)


def test_pooled_is_of_the_first_context_at_its_end_token(model: Model) -> None:
    text = model.encode_text("a fox")
    assert text.pooled is not None
    assert torch.allclose(text.pooled, text.tokens[:, 3], atol=1e-6)
    long, first = (model.encode_text("cat " * 75 + end).pooled for end in ("dog", ""))
    assert long is not None
    assert first is not None
    assert torch.equal(long, first)


def test_clip_skip_stops_earlier(model: Model) -> None:
    usual, earlier = model.encode_text("a fox"), model.encode_text("a fox", clip_skip=2)
    assert not torch.allclose(usual.tokens, earlier.tokens)
    assert usual.pooled is not None
    assert earlier.pooled is not None
    assert torch.equal(usual.pooled, earlier.pooled)


@pytest.mark.parametrize("clip_skip", [0, 3, -1])
def test_clip_skip_is_within_the_layers(model: Model, clip_skip: int) -> None:
    with pytest.raises(
        RequestError, match=f"clip_skip is {clip_skip}; for 'tiny' it must be 1 to 2"
    ):
        model.encode_text("a fox", clip_skip=clip_skip)


def test_weights_multiply_the_features_of_their_tokens(model: Model) -> None:
    plain, weighted = (
        model.encode_text("a red fox").tokens,
        model.encode_text("a (red:1.5) fox").tokens,
    )
    factors = (weighted / plain)[0].median(dim=-1).values
    assert torch.allclose(factors[:6], torch.tensor([1, 1, 1.5, 1, 1, 1]), atol=1e-5)


def test_agrees_with_a_reading_spelt_out(model: Model) -> None:
    """The whole way from a prompt to features, with the networks' own parts."""
    network = hollow(lambda: ClipText(tiny.TEXT))
    text = split(tiny.weights().tensors, sd1.TEXT)
    network.load_state_dict(text, assign=True)
    (row,) = Tokenizer().rows(parse("[a] ((red)) fox"))
    features, _ = network(torch.tensor([row.ids]))
    wanted = features * torch.tensor(row.weights)[None, :, None]
    assert torch.allclose(model.encode_text("[a] ((red)) fox").tokens, wanted, atol=1e-6)
