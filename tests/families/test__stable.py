"""What every Stable Diffusion shares: published keys, inpainting, guidance that is obeyed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.golden import make_keys
from underpaint.errors import WeightsError
from underpaint.families import _stable, sd1, sd2, sdxl, tiny
from underpaint.families._model import Model
from underpaint.families._parts import UNET
from underpaint.families._running import Inputs, Part, torch_runner
from underpaint.families._stable import StableDiffusion
from underpaint.networks.unet import UNet, UNetParams, guidance_features
from underpaint.weights import checkpoint, folder
from underpaint.weights.checkpoint import Weights
from underpaint.weights.rename import split

FIRST = f"{UNET}input_blocks.0.0.weight"
GUIDED = f"{UNET}time_embedding.cond_proj.weight"

Shapes = Mapping[str, tuple[int, ...]]

PUBLISHED: Mapping[str, tuple[ModuleType, str, Shapes]] = {
    "1.5": (sd1, "sd15", {}),
    "1.5 inpainting": (sd1, "sd15-inpainting", {}),
    "1.5 latent consistency": (sd1, "sd15", {GUIDED: (320, 256)}),
    "2.1": (sd2, "sd21", {}),
    "2 inpainting": (sd2, "sd21", {FIRST: (320, 9, 3, 3)}),
    "XL": (sdxl, "sdxl", {}),
    "XL inpainting": (sdxl, "sdxl", {FIRST: (320, 9, 3, 3)}),
    "XL refiner": (sdxl, "sdxl-refiner", {}),
}


@pytest.fixture(scope="module")
def keys() -> dict[str, Shapes]:
    return {model: layouts["single"] for model, layouts in make_keys.read().items()}


@pytest.mark.parametrize("model", PUBLISHED)
def test_published_checkpoints_are_of_one_family_and_built_whole(
    model: str, keys: dict[str, Shapes]
) -> None:
    family, name, others = PUBLISHED[model]
    shapes = {**keys[name], **others}
    assert [each for each in (sd1, sd2, sdxl) if each.matches(shapes)] == [family]

    tensors = {name: torch.empty(shape, device="meta") for name, shape in shapes.items()}
    weights = Weights(tensors, {"underpaint.prediction": "eps"}, name=model)
    built = family.build(weights, device="meta")  # a key too few or too many is an error
    assert isinstance(built, StableDiffusion)
    assert built.inpaints == ("inpainting" in model)
    assert built.obeys_guidance == ("consistency" in model)
    assert built.latent_shape(1024, 512) == (4, 64, 128)


# Inpainting: the network sees the mask, and what is kept.


@pytest.fixture(scope="module")
def inpaints() -> StableDiffusion:
    weights = tiny.weights()
    first = weights.tensors[FIRST]
    more = torch.randn(16, 5, 3, 3, generator=torch.Generator().manual_seed(3))
    seen = torch.cat([first, more], dim=1)
    built = sd1.build(replace(weights, tensors={**weights.tensors, FIRST: seen}))
    assert isinstance(built, StableDiffusion)
    return built


def drawn(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_surroundings_are_the_mask_and_the_latent_of_what_is_kept(
    inpaints: StableDiffusion,
) -> None:
    pixels, mask = drawn(1, 3, 32, 48).clamp(-1, 1), torch.zeros(1, 1, 32, 48)
    mask[..., :16] = 0.6
    mask[..., 32:] = 0.4
    found = inpaints.surroundings(pixels, mask)
    assert found is not None
    assert found.shape == (1, 5, 4, 6)
    assert found[0, 0].tolist() == [[1, 1, 0, 0, 0, 0]] * 4

    kept = pixels.clone()
    kept[..., :16] = 0
    assert torch.equal(found[:, 1:], inpaints.encode(kept))


def test_a_network_that_does_not_inpaint_sees_no_surroundings() -> None:
    usual = tiny.build(tiny.weights())
    assert usual.surroundings(drawn(1, 3, 16, 16), torch.ones(1, 1, 16, 16)) is None


def test_surroundings_stand_beside_every_latent_unscaled(inpaints: StableDiffusion) -> None:
    network = UNet(replace(tiny.UNET, in_channels=9))
    network.load_state_dict(split(inpaints._weights.tensors, UNET))
    surroundings = inpaints.surroundings(drawn(1, 3, 64, 64), torch.ones(1, 1, 64, 64))
    assert surroundings is not None

    text, x, sigma = inpaints.encode_text("a fox"), drawn(3, 4, 8, 8), torch.tensor(2.0)
    (found,) = inpaints.estimates(text, surroundings=surroundings)(x, sigma)
    time = inpaints.clock.timestep(sigma).float().reshape(1)
    for index in range(3):
        one = x[index : index + 1]
        seen = torch.cat([one / (sigma**2 + 1).sqrt(), surroundings], dim=1)
        with torch.no_grad():
            noise = network(seen, time, text.tokens, text.pooled)
        assert torch.allclose(found[index : index + 1], one - sigma * noise, atol=1e-4)


# Guidance that is obeyed.


@pytest.fixture(scope="module")
def obeys() -> StableDiffusion:
    weights = tiny.weights()
    built = sd1.build(replace(weights, tensors={**weights.tensors, GUIDED: drawn(16, 32)}))
    assert isinstance(built, StableDiffusion)
    return built


def test_a_network_may_obey_the_guidance_scale(obeys: StableDiffusion) -> None:
    assert obeys.obeys_guidance
    text, x, sigma = obeys.encode_text("a fox"), drawn(2, 4, 8, 8), torch.tensor(2.0)
    (none,) = obeys.estimates(text)(x, sigma)
    (strong,) = obeys.estimates(text, guidance_scale=8.0)(x, sigma)
    assert not torch.allclose(none, strong, atol=1e-3)


def test_other_networks_do_not_hear_the_scale() -> None:
    usual = tiny.build(tiny.weights())
    text, x, sigma = usual.encode_text("a fox"), drawn(1, 4, 8, 8), torch.tensor(2.0)
    (none,) = usual.estimates(text)(x, sigma)
    (strong,) = usual.estimates(text, guidance_scale=8.0)(x, sigma)
    assert torch.equal(none, strong)
    assert not usual.obeys_guidance


def test_no_guidance_is_omega_0() -> None:
    features = guidance_features(torch.tensor([1.0, 2.0]), 4)
    assert features[0].tolist() == [0, 0, 1, 1]
    angles = torch.tensor([1000.0, 0.1])
    assert torch.allclose(features[1], torch.cat([angles.sin(), angles.cos()]), atol=1e-4)


# What is refused.


@pytest.mark.parametrize("channels", [5, 8, 12])
def test_refuses_networks_that_see_something_else(
    sd2_weights: Callable[..., Weights], channels: int
) -> None:
    with pytest.raises(WeightsError, match=f"from {channels} to 4 channels on latents of 4"):
        sd2.build(sd2_weights(in_channels=channels))


@pytest.mark.parametrize("sizes", [{"context_width": 64}, {"pooled_width": 100}])
def test_refuses_networks_for_another_text(
    sd2_weights: Callable[..., Weights], sizes: dict[str, Any]
) -> None:
    with pytest.raises(WeightsError, match="a U-Net for text of another width than 128"):
        sd2.build(sd2_weights(**sizes))


def test_defaults_are_the_published_sizes() -> None:
    assert (UNetParams().channels, UNetParams().heads, UNetParams().head_width) == (320, 8, None)


# The same bits.


@pytest.fixture
def threads() -> Iterator[None]:
    """Give the number of threads back."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def estimated(model: Model, x: Tensor) -> tuple[Tensor, ...]:
    texts = model.encode_text("a fox"), model.encode_text("", negative=True)
    return model.estimates(*texts)(x, torch.tensor(2.0))


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("family", ["sd2", "sdxl", "refiner"])
def test_a_picture_has_the_same_bits_in_any_batch_and_with_any_number_of_threads(
    family: str, request: pytest.FixtureRequest
) -> None:
    weights = request.getfixturevalue(f"{family}_weights")
    model = sd2.build(weights()) if family == "sd2" else sdxl.build(weights)
    x = drawn(3, 4, 24, 24)
    torch.set_num_threads(1)
    together = estimated(model, x)
    for count in (2, 4):
        torch.set_num_threads(count)
        for whole, alone in zip(together, estimated(model, x[1:2]), strict=True):
            assert torch.equal(whole[1:2], alone)


def test_in_bfloat16_too_a_picture_has_the_same_bits_in_any_batch(
    sd2_weights: Callable[..., Weights],
) -> None:
    """But not with any number of threads: products of matrices are then split along their sums."""
    model = sd2.build(sd2_weights(), dtype=torch.bfloat16)
    x = drawn(3, 4, 24, 24)
    for whole, alone in zip(estimated(model, x), estimated(model, x[1:2]), strict=True):
        assert torch.equal(whole[1:2], alone)
    assert torch.equal(model.decode(x)[1:2], model.decode(x[1:2]))


# Large pictures.


class Watched:
    """Lets torch run the networks, and remembers how large each input was."""

    def __init__(self) -> None:
        self.sides: list[int] = []

    def __call__(self, part: Part, inputs: Inputs) -> Tensor:
        self.sides += [max(each.shape[2:]) for each in inputs.values() if each is not None]
        return torch_runner(part, inputs)

    def prepare(self, part: Part, inputs: Inputs) -> None:
        """There is nothing to be done before."""


def test_a_large_picture_goes_through_the_autoencoder_by_pieces(
    sd2_weights: Callable[..., Weights], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, watched = sd2.build(sd2_weights()), Watched()
    model.run_by(watched)
    latent = drawn(2, 4, 72, 40)
    whole = model.decode(latent)
    watched.sides.clear()

    monkeypatch.setattr(_stable, "AT_ONCE", 64 * model.factor)
    found = model.decode(latent)
    assert watched.sides == [64] * 4  # two pieces of each of two pictures
    assert found.shape == whole.shape
    assert (found - whole).norm() < 0.1 * whole.norm()  # what a normalisation sees differs

    watched.sides.clear()
    encoded = model.encode(found)
    assert watched.sides == [64 * model.factor] * 4
    assert encoded.shape == latent.shape


# Folders as diffusers has them.


@pytest.mark.parametrize("form", ["sd2", "sdxl", "refiner", "obeys"])
def test_a_folder_holds_the_very_same_model(
    form: str,
    request: pytest.FixtureRequest,
    sd2_weights: Callable[..., Weights],
    tmp_path: Path,
) -> None:
    sizes = {"sd2": {}, "obeys": {"guidance_width": 32}}
    family = sd2 if form in sizes else sdxl
    made = (
        sd2_weights(**sizes[form]) if form in sizes else request.getfixturevalue(f"{form}_weights")
    )
    weights = replace(made, metadata={"underpaint.prediction": "eps"})
    folder.save(tmp_path / "folder", weights)

    one, other = family.build(weights), family.build(checkpoint.read(tmp_path / "folder"))
    assert other.obeys_guidance == (form == "obeys")
    x = drawn(1, 4, 8, 8)
    for found, wanted in zip(estimated(one, x), estimated(other, x), strict=True):
        assert torch.equal(found, wanted)
    assert torch.equal(one.decode(x), other.decode(x))
