"""Stable Diffusion 2: what its network predicts, which layer it hears, and diffusers' numbers."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
import torch
from diffusers.loaders.single_file_utils import (
    convert_ldm_unet_checkpoint,
    convert_ldm_vae_checkpoint,
    convert_open_clip_checkpoint,
)
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion_inpaint import (
    StableDiffusionInpaintPipeline,
)
from diffusers.schedulers.scheduling_euler_discrete import EulerDiscreteScheduler
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel

from underpaint.diffusion.guidance import Estimates, guided
from underpaint.diffusion.samplers import euler
from underpaint.families import sd2
from underpaint.families._heard import Heard
from underpaint.families._model import Model
from underpaint.weights.checkpoint import Weights

LAST = "cond_stage_model.model.transformer.resblocks.3."
PROJECTION = "cond_stage_model.model.text_projection"


@pytest.fixture(scope="module")
def weights(sd2_weights: Callable[..., Weights]) -> Weights:
    return sd2_weights()


def told(weights: Weights, **marks: str) -> Weights:
    return replace(weights, metadata={f"underpaint.{name}": value for name, value in marks.items()})


@pytest.fixture(scope="module")
def model(weights: Weights) -> Model:
    return sd2.build(told(weights, prediction="v"))


def drawn(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def relative(found: Tensor, wanted: Tensor) -> float:
    return float((found - wanted).abs().max() / wanted.abs().max())


# What the network predicts.


@pytest.mark.parametrize("width", [0.05, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("mean", [-1.5, 0.0, 1.5])
@pytest.mark.parametrize("prediction", ["eps", "v"])
def test_a_network_shows_what_it_predicts(
    weights: Weights, monkeypatch: pytest.MonkeyPatch, prediction: str, mean: float, width: float
) -> None:
    """Asked are the best possible networks for data of this mean and width."""
    found = sd2.build(weights)

    def best(x: Tensor, timestep: Tensor, heard: Heard) -> Tensor:
        assert heard.tokens.shape == (1, 77, 128)
        level = found.clock.sigma(timestep)
        alpha, spread = (1 + level**2).rsqrt(), level * (1 + level**2).rsqrt()
        clean = mean + alpha * width**2 / (alpha**2 * width**2 + spread**2) * (x - alpha * mean)
        noise = (x - alpha * clean) / spread
        return (noise if prediction == "eps" else alpha * noise - spread * clean).float()

    monkeypatch.setattr(found, "_predicted", best)
    assert found.prediction.name == prediction


def test_is_asked_once_and_only_if_nothing_is_told(
    weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def says_nothing(x: Tensor, timestep: Tensor, heard: Heard) -> Tensor:
        asked.append(len(x))
        return torch.zeros_like(x)

    for built in (sd2.build(weights), sd2.build(told(weights, prediction="eps"))):
        monkeypatch.setattr(built, "_predicted", says_nothing)
        assert built.prediction is built.prediction
    assert asked == [1]

    signed = replace(weights, tensors={**weights.tensors, "v_pred": torch.zeros(0)})
    assert sd2.build(signed).prediction.name == "v"


def test_an_inpainting_network_is_asked_as_well(sd2_weights: Callable[..., Weights]) -> None:
    built = sd2.build(sd2_weights(in_channels=9))
    assert built.inpaints
    assert built.prediction.name in {"eps", "v"}


@pytest.mark.parametrize(
    ("name", "prediction", "side"),
    [
        ("soft", "eps", 512),
        ("soft", "v", 768),
        ("v2-1_768-ema-pruned", "", 768),
        ("512-base-ema", "", 512),
        ("v2-1_512", "v", 512),
    ],
)
def test_the_size_it_was_trained_at_follows(name: str, prediction: str, side: int) -> None:
    metadata = {"underpaint.prediction": prediction} if prediction else {}
    assert sd2.suits(name, {}, metadata) == {"width": side, "height": side}


def test_a_size_that_nothing_tells_is_not_guessed() -> None:
    assert sd2.suits("soft1512", {}, {}) == {}
    assert sd2.suits("soft", {}, {"underpaint.prediction": "flow"}) == {}


def test_it_paints_at_the_size_asked_for(weights: Weights) -> None:
    assert sd2.build(weights).canvas(520, 64) == (520, 64)


# Which layer it hears.


def test_hears_the_last_layer_but_one(weights: Weights, model: Model) -> None:
    usual = model.encode_text("a fox")
    assert usual.tokens.shape == (1, 77, 128)
    assert usual.pooled is None
    assert torch.equal(model.encode_text("a fox", clip_skip=2).tokens, usual.tokens)
    assert not torch.allclose(model.encode_text("a fox", clip_skip=3).tokens, usual.tokens)

    shaken = {
        name: tensor + 1 if name.startswith(LAST) else tensor
        for name, tensor in weights.tensors.items()
    }
    other = sd2.build(replace(weights, tensors=shaken))
    assert torch.equal(other.encode_text("a fox").tokens, usual.tokens)


@pytest.mark.parametrize("clip_skip", [1, 2, 3])
def test_a_file_may_lack_the_layer_that_is_not_heard(
    weights: Weights, model: Model, clip_skip: int
) -> None:
    kept = {
        name: tensor
        for name, tensor in weights.tensors.items()
        if not name.startswith(LAST) and name != PROJECTION
    }
    cut = sd2.build(replace(weights, tensors=kept))
    found, wanted = (m.encode_text("a fox", clip_skip=clip_skip).tokens for m in (cut, model))
    assert torch.equal(found, wanted)


def test_empty_places_are_filled_with_token_0(model: Model) -> None:
    (row,) = model.readers[0].rows("a fox")
    assert row.ids[4:] == (0,) * 73


# Against diffusers and transformers.


def bound(network: Any, tensors: Mapping[str, Tensor]) -> Any:  # noqa: ANN401
    """Return diffusers' network on tensors; our groups have at least four channels."""
    network.load_state_dict(tensors)
    for norm in network.modules():
        if isinstance(norm, nn.GroupNorm):
            norm.num_groups = min(32, norm.num_channels // 4)
    return network.eval().requires_grad_(False)


def theirs_unet(weights: Weights, channels: int = 4) -> Any:  # noqa: ANN401
    make: Any = UNet2DConditionModel
    network = make(
        in_channels=channels,
        sample_size=64,
        block_out_channels=(64, 128),
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        layers_per_block=1,
        cross_attention_dim=128,
        attention_head_dim=(1, 2),
        use_linear_projection=True,
        norm_num_groups=16,
    )
    return bound(network, convert_ldm_unet_checkpoint(dict(weights.tensors), dict(network.config)))


def theirs_autoencoder(weights: Weights) -> Any:  # noqa: ANN401
    make: Any = AutoencoderKL
    network = make(
        block_out_channels=(64, 64, 64, 128),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=1,
        norm_num_groups=16,
    )
    return bound(network, convert_ldm_vae_checkpoint(dict(weights.tensors), dict(network.config)))


def theirs_pipeline(make: Any, predicts: str, **networks: Any) -> Any:  # noqa: ANN401
    levels: Any = EulerDiscreteScheduler(
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.012,
        timestep_spacing="trailing",
        prediction_type=predicts,
        steps_offset=1,
    )
    others = dict.fromkeys(["text_encoder", "tokenizer", "safety_checker", "feature_extractor"])
    pipe = make(scheduler=levels, requires_safety_checker=False, **others, **networks)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def walked(model: Model, estimates: Estimates, noise: Tensor) -> Tensor:
    """Return where twenty guided steps end."""
    trained = model.clock.sigmas[list(range(999, 0, -50))]
    sigmas = torch.cat([trained, trained.new_zeros(1)])
    *_, last = euler.sample(guided(estimates, 7.0), noise * sigmas[0].float(), sigmas)
    return last.x


def test_agrees_from_words_to_estimate(weights: Weights, model: Model) -> None:
    large: Any = CLIPTextConfig(
        hidden_size=128,
        intermediate_size=512,
        num_hidden_layers=4,
        num_attention_heads=2,
        hidden_act="gelu",
        projection_dim=128,
        eos_token_id=49_407,
    )
    text: Any = CLIPTextModel(large)
    named = convert_open_clip_checkpoint(text, dict(weights.tensors), "cond_stage_model.model.")
    prefix = "" if "final_layer_norm.weight" in text.state_dict() else "text_model."
    bare = {n.removeprefix("text_model."): t for n, t in named.items() if "projection" not in n}
    text.load_state_dict({prefix + name: tensor for name, tensor in bare.items()})
    unet = theirs_unet(weights)

    ids = torch.tensor([row.ids for row in model.readers[0].rows("a red fox, running")])
    with torch.no_grad():
        hidden = text.eval()(ids, output_hidden_states=True).hidden_states[-2]
        norm = torch.nn.functional.layer_norm
        shift, scale = (bare[f"final_layer_norm.{name}"] for name in ("bias", "weight"))
        features = norm(hidden, (128,), scale, shift)
    heard = model.encode_text("a red fox, running")
    assert relative(heard.tokens, features) <= 1e-4

    x, sigma = 3 * drawn(2, 4, 8, 12), torch.tensor(3.0)
    (found,) = model.estimates(heard)(x, sigma)
    alpha = (1 + sigma**2).rsqrt()
    time = model.clock.timestep(sigma).float().expand(2)
    with torch.no_grad():
        v = unet(alpha * x, time, features.expand(2, -1, -1)).sample
    assert relative(found, alpha**2 * x - sigma * alpha * v) <= 1e-4


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # diffusers'
def test_twenty_guided_steps_of_v_end_where_diffusers_end(weights: Weights, model: Model) -> None:
    unet, vae = theirs_unet(weights), theirs_autoencoder(weights)
    pipe = theirs_pipeline(StableDiffusionPipeline, "v_prediction", unet=unet, vae=vae)
    positive, negative = model.encode_text("a fox"), model.encode_text("rain")
    noise = drawn(1, 4, 8, 12)
    wanted = pipe(
        prompt_embeds=positive.tokens,
        negative_prompt_embeds=negative.tokens,
        latents=noise.clone(),
        num_inference_steps=20,
        guidance_scale=7.0,
        height=64,
        width=96,
        output_type="latent",
    ).images
    found = walked(model, model.estimates(positive, negative), noise)
    assert relative(found, wanted) <= 1e-4


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_twenty_steps_of_inpainting_end_where_diffusers_end(
    sd2_weights: Callable[..., Weights],
) -> None:
    weights = told(sd2_weights(in_channels=9), prediction="eps")
    model = sd2.build(weights)
    unet, vae = theirs_unet(weights, channels=9), theirs_autoencoder(weights)
    pipe = theirs_pipeline(StableDiffusionInpaintPipeline, "epsilon", unet=unet, vae=vae)
    positive, negative = model.encode_text("a fox"), model.encode_text("rain")
    noise, pixels = drawn(1, 4, 8, 12), drawn(1, 3, 64, 96, seed=2).clamp(-1, 1)
    mask = torch.zeros(1, 1, 64, 96)
    mask[..., 16:48, 32:80] = 1
    kept = 0.18215 * vae.encode(pixels * (1 - mask)).latent_dist.mean
    wanted = pipe(
        prompt_embeds=positive.tokens,
        negative_prompt_embeds=negative.tokens,
        image=(pixels + 1) / 2,
        mask_image=mask,
        masked_image_latents=kept,
        strength=1.0,
        latents=noise.clone(),
        num_inference_steps=20,
        guidance_scale=7.0,
        height=64,
        width=96,
        output_type="latent",
    ).images
    surroundings = model.surroundings(pixels, mask)
    assert surroundings is not None
    assert relative(surroundings[:, 1:], kept) <= 1e-4
    estimates = model.estimates(positive, negative, surroundings=surroundings)
    assert relative(walked(model, estimates, noise), wanted) <= 1e-4
