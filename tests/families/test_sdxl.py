"""Stable Diffusion XL and its refiner: two texts, small print, and diffusers' numbers."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
import torch
from diffusers.loaders.single_file_utils import (
    convert_ldm_unet_checkpoint,
    convert_open_clip_checkpoint,
)
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.pipelines.stable_diffusion_xl.pipeline_stable_diffusion_xl import (
    StableDiffusionXLPipeline,
)
from diffusers.schedulers.scheduling_euler_discrete import EulerDiscreteScheduler
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from underpaint.diffusion.guidance import guided
from underpaint.diffusion.samplers import euler
from underpaint.diffusion.sigmas import ALIGNED_SDXL
from underpaint.errors import RequestError
from underpaint.families import sdxl
from underpaint.families._model import Model
from underpaint.families._parts import AUTOENCODER
from underpaint.families.sdxl import CLIP, FEATURES, OPEN_CLIP, REFINER
from underpaint.networks.unet import timestep_features
from underpaint.weights.checkpoint import Weights
from underpaint.weights.rename import split

TEXT = "a (red:1.3) fox, running"


@pytest.fixture(scope="module")
def base(sdxl_weights: Weights) -> Model:
    return sdxl.build(sdxl_weights)


@pytest.fixture(scope="module")
def refiner(refiner_weights: Weights) -> Model:
    return sdxl.build(refiner_weights)


def drawn(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def relative(found: Tensor, wanted: Tensor) -> float:
    return float((found - wanted).abs().max() / wanted.abs().max())


def features(*numbers: float) -> Tensor:
    return timestep_features(torch.tensor(numbers), FEATURES).reshape(1, -1)


# How it reads.


def test_both_encoders_are_heard_side_by_side(base: Model) -> None:
    text = base.encode_text("a fox")
    assert text.tokens.shape == (1, 77, 64 + 128)
    clip, open_clip = (reader.read("a fox", clip_skip=2) for reader in base.readers)
    assert torch.equal(text.tokens, torch.cat([clip.tokens, open_clip.tokens], dim=-1))
    assert text.pooled is not None
    assert torch.equal(text.pooled, open_clip.pooled)
    first, second = (reader.rows("a fox")[0].ids[4:] for reader in base.readers)
    assert (set(first), set(second)) == ({49_407}, {0})


def test_a_long_text_is_several_contexts(base: Model) -> None:
    text = base.encode_text("cat " * 80)
    assert text.tokens.shape == (1, 154, 192)
    assert text.pooled is not None
    assert text.pooled.shape == (1, 128)


def test_clip_skip_counts_from_the_last_layer_but_one(base: Model) -> None:
    usual = base.encode_text("a fox").tokens
    assert torch.equal(base.encode_text("a fox", clip_skip=2).tokens, usual)
    assert not torch.allclose(base.encode_text("a fox", clip_skip=3).tokens, usual)
    with pytest.raises(RequestError, match="clip_skip is 4; for 'small' it must be 1 to 3"):
        base.encode_text("a fox", clip_skip=4)


def test_an_empty_negative_is_not_heard(base: Model) -> None:
    nothing = base.encode_text("", negative=True)
    assert not nothing.tokens.any()
    assert nothing.pooled is not None
    assert not nothing.pooled.any()
    assert base.encode_text("").tokens.any()

    rain = base.encode_text("rain", negative=True)
    assert torch.equal(rain.tokens, base.encode_text("rain").tokens)


def test_what_is_not_heard_stays_so_beside_a_long_text(base: Model) -> None:
    long, nothing = base.encode_text("cat " * 80), base.encode_text("", negative=True)
    x, sigma = drawn(1, 4, 8, 8), torch.tensor(2.0)
    _, beside_long = base.estimates(long, nothing)(x, sigma)
    _, beside_short = base.estimates(base.encode_text("cat"), nothing)(x, sigma)
    assert torch.allclose(beside_long, beside_short, atol=1e-5)


def test_a_refiner_hears_a_score_last(refiner: Model) -> None:
    (reader,) = refiner.readers
    read = reader.read("a fox", clip_skip=2)
    for negative, score in ((False, 6.0), (True, 2.5)):
        text = refiner.encode_text("a fox", negative=negative)
        assert torch.equal(text.tokens, read.tokens)
        assert text.pooled is not None
        assert torch.equal(text.pooled, torch.cat([read.pooled, features(score)], dim=1))
    nothing = refiner.encode_text("", negative=True)
    assert nothing.pooled is not None
    assert torch.equal(nothing.pooled, torch.cat([torch.zeros(1, 128), features(2.5)], dim=1))


# What it is.


def test_recognises_base_and_refiner_and_nothing_less(
    sdxl_weights: Weights, refiner_weights: Weights
) -> None:
    for weights in (sdxl_weights, refiner_weights):
        assert sdxl.matches(weights.shapes)
        for lost in ("label_emb.0.0.weight", "decoder.conv_in.weight", "model.token_embedding"):
            fewer = {name: shape for name, shape in weights.shapes.items() if lost not in name}
            assert not sdxl.matches(fewer), lost


def test_its_latents_have_their_own_scale(sdxl_weights: Weights, base: Model) -> None:
    told = replace(sdxl_weights, metadata={"underpaint.latent_scale": "1"})
    pixels = drawn(1, 3, 16, 16).clamp(-1, 1)
    found, plain = base.encode(pixels), sdxl.build(told).encode(pixels)
    assert torch.allclose(found, 0.13025 * plain, atol=1e-6)


def test_pictures_have_the_size_it_was_trained_at() -> None:
    assert sdxl.suits("sd_xl_base_1.0", {}, {}) == {"width": 1024, "height": 1024}
    turbo = sdxl.suits("sd_xl_turbo_1.0", {}, {})
    assert (turbo["width"], turbo["steps"], turbo["guidance_scale"]) == (1024, 4, 1)


def test_its_steps_are_aligned_for_it(base: Model) -> None:
    assert base.aligned == ALIGNED_SDXL


def test_signs_of_other_programs_are_heeded(sdxl_weights: Weights, base: Model) -> None:
    signs = {"v_pred": torch.zeros(0), "ztsnr": torch.zeros(0)}
    found = sdxl.build(replace(sdxl_weights, tensors={**sdxl_weights.tensors, **signs}))
    assert (found.prediction.name, round(found.clock.sigma_max)) == ("v", 4096)
    assert (base.prediction.name, round(base.clock.sigma_max)) == ("eps", 15)


@pytest.mark.parametrize(
    ("dtype", "pixels"),
    [(torch.float16, torch.float32), (torch.bfloat16, torch.bfloat16)],
)
def test_its_autoencoder_never_computes_in_float16(
    sdxl_weights: Weights, dtype: torch.dtype, pixels: torch.dtype
) -> None:
    found: Any = sdxl.build(sdxl_weights, dtype=dtype)
    assert {weight.dtype for weight in found._autoencoder.parameters()} == {pixels}
    assert {weight.dtype for weight in found._unet.parameters()} == {dtype}


def test_float16_makes_no_infinite_pictures(sdxl_weights: Weights) -> None:
    """The published autoencoder's numbers grow beyond 65504 within; here the first layer's do."""
    loud = f"{AUTOENCODER}decoder.conv_in.weight"
    tensors = {**sdxl_weights.tensors, loud: 1e6 * sdxl_weights.tensors[loud]}
    found = sdxl.build(replace(sdxl_weights, tensors=tensors), dtype=torch.float16)
    assert found.decode(drawn(1, 4, 4, 4)).isfinite().all()


# Against diffusers and transformers.


def config(width: int, layers: int, act: str) -> Any:  # noqa: ANN401
    return CLIPTextConfig(
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=layers,
        num_attention_heads=width // 64,
        hidden_act=act,
        projection_dim=width,
        eos_token_id=49_407,
    )


def bound(network: Any, tensors: Mapping[str, Tensor]) -> Any:  # noqa: ANN401
    """Return a network on tensors; transformers 5 has lost the prefix of their names."""
    prefix = "text_model."
    plain = {name.removeprefix(prefix): tensor for name, tensor in tensors.items()}
    wanted = network.state_dict()
    network.load_state_dict({name: plain[name.removeprefix(prefix)] for name in wanted})
    for norm in network.modules():  # ours have at least four channels a group
        if isinstance(norm, nn.GroupNorm):
            norm.num_groups = min(32, norm.num_channels // 4)
    return network.eval().requires_grad_(False)


def theirs_open(weights: Weights, prefix: str) -> Any:  # noqa: ANN401
    make: Any = CLIPTextModelWithProjection
    network = make(config(128, 4, "gelu"))
    return bound(network, convert_open_clip_checkpoint(network, dict(weights.tensors), prefix))


def theirs_unet(weights: Weights, *, context: int, depth: int, numbers: int) -> Any:  # noqa: ANN401
    make: Any = UNet2DConditionModel
    network = make(
        block_out_channels=(64, 128),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        layers_per_block=1,
        transformer_layers_per_block=(1, depth),
        cross_attention_dim=context,
        attention_head_dim=(1, 2),
        use_linear_projection=True,
        norm_num_groups=16,
        addition_embed_type="text_time",
        addition_time_embed_dim=FEATURES,
        projection_class_embeddings_input_dim=128 + numbers * FEATURES,
    )
    return bound(network, convert_ldm_unet_checkpoint(dict(weights.tensors), dict(network.config)))


def ids(model: Model, text: str) -> list[Tensor]:
    return [torch.tensor([row.ids for row in reader.rows(text)]) for reader in model.readers]


def estimated(
    unet: Callable[..., Any], x: Tensor, tokens: Tensor, added: Mapping[str, Tensor]
) -> Tensor:
    """Return diffusers' estimate of the clean latent at timestep 500."""
    sigma = sdxl_sigma()
    time = torch.tensor([500.0]).expand(len(x))
    seen = x / (1 + sigma**2).sqrt()
    added = {name: each.expand(len(x), -1) for name, each in added.items()}
    found = unet(seen, time, tokens.expand(len(x), -1, -1), added_cond_kwargs=added)
    return x - sigma * found.sample


def sdxl_sigma() -> Tensor:
    steps = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64) ** 2
    bar = (1 - steps).cumprod(0)[500]
    return ((1 - bar) / bar).sqrt().float()


def test_base_agrees_from_words_to_estimate(sdxl_weights: Weights, base: Model) -> None:
    make: Any = CLIPTextModel
    clip = bound(make(config(64, 3, "quick_gelu")), split(sdxl_weights.tensors, CLIP))
    open_clip = theirs_open(sdxl_weights, OPEN_CLIP)
    text = "a red fox, running"
    first, second = ids(base, text)
    large = open_clip(second, output_hidden_states=True)
    hidden = clip(first, output_hidden_states=True).hidden_states[-2], large.hidden_states[-2]
    tokens = torch.cat(hidden, dim=-1)
    heard = base.encode_text(text)
    assert heard.pooled is not None
    assert relative(heard.tokens, tokens) <= 1e-4
    assert relative(heard.pooled, large.text_embeds) <= 1e-4

    unet = theirs_unet(sdxl_weights, context=192, depth=2, numbers=6)
    x = 2 * drawn(2, 4, 8, 12)
    sizes = torch.tensor([[64.0, 96.0, 0, 0, 64, 96]])
    added = {"text_embeds": large.text_embeds, "time_ids": sizes}
    (found,) = base.estimates(heard)(x, sdxl_sigma())
    assert relative(found, estimated(unet, x, tokens, added)) <= 1e-4


def test_refiner_agrees_from_words_to_estimate(refiner_weights: Weights, refiner: Model) -> None:
    open_clip = theirs_open(refiner_weights, REFINER)
    unet = theirs_unet(refiner_weights, context=128, depth=1, numbers=5)
    x = 2 * drawn(2, 4, 12, 8)
    texts = [refiner.encode_text("a fox"), refiner.encode_text("rain", negative=True)]
    found = refiner.estimates(*texts)(x, sdxl_sigma())
    for estimate, text, score in zip(found, ("a fox", "rain"), (6.0, 2.5), strict=True):
        large = open_clip(*ids(refiner, text), output_hidden_states=True)
        sizes = torch.tensor([[96.0, 64.0, 0, 0, score]])
        added = {"text_embeds": large.text_embeds, "time_ids": sizes}
        wanted = estimated(unet, x, large.hidden_states[-2], added)
        assert relative(estimate, wanted) <= 1e-4


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # diffusers'
def test_twenty_guided_steps_end_where_diffusers_end(sdxl_weights: Weights, base: Model) -> None:
    make: Any = EulerDiscreteScheduler
    levels = make(
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.012,
        timestep_spacing="trailing",
    )
    make = StableDiffusionXLPipeline
    unet = theirs_unet(sdxl_weights, context=192, depth=2, numbers=6)
    others = dict.fromkeys(["vae", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2"])
    pipe = make(unet=unet, scheduler=levels, **others)
    pipe.set_progress_bar_config(disable=True)
    positive, negative = base.encode_text("a fox"), base.encode_text("", negative=True)
    noise = drawn(1, 4, 8, 12)
    wanted = pipe(
        prompt_embeds=positive.tokens,
        negative_prompt_embeds=negative.tokens,
        pooled_prompt_embeds=positive.pooled,
        negative_pooled_prompt_embeds=negative.pooled,
        latents=noise.clone(),
        num_inference_steps=20,
        guidance_scale=7.0,
        height=64,
        width=96,
        output_type="latent",
    ).images

    trained = base.clock.sigmas[list(range(999, 0, -50))]
    sigmas = torch.cat([trained, trained.new_zeros(1)])
    denoise = guided(base.estimates(positive, negative), 7.0)
    *_, last = euler.sample(denoise, noise * sigmas[0].float(), sigmas)
    assert relative(last.x, wanted) <= 1e-4
