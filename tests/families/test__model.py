"""What every model promises: the same bits in any company, canvases, previews, golden numbers."""

import importlib.util
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from underpaint.errors import RequestError
from underpaint.families import sd1, tiny
from underpaint.families._model import Model
from underpaint.networks.clip import ClipText
from underpaint.networks.unet import UNet
from underpaint.networks.vae import Autoencoder
from underpaint.weights import checkpoint
from underpaint.weights.checkpoint import Weights
from underpaint.weights.rename import split

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(scope="module")
def model() -> Model:
    return tiny.build(tiny.weights())


@pytest.fixture
def threads() -> Iterator[None]:
    """Give the number of threads back."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def marked(**marks: str) -> Model:
    weights = tiny.weights()
    told = {f"underpaint.{name}": value for name, value in marks.items()}
    return sd1.build(replace(weights, metadata=dict(weights.metadata) | told))


def drawn(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


# The same bits.


def everything(model: Model, x: Tensor) -> list[Tensor]:
    """Return all that a model makes of a batch of latents at a noise level of 2."""
    estimates = model.estimates(model.encode_text("a fox"), model.encode_text("rain"))
    positive, negative = estimates(x, torch.tensor(2.0))
    pixels = model.decode(positive)
    return [positive, negative, pixels, model.encode(pixels.clamp(-1, 1)), model.preview(positive)]


@pytest.mark.parametrize("size", [(8, 8), (5, 7)])
def test_a_picture_has_the_same_bits_in_any_batch_at_any_place(
    model: Model, size: tuple[int, int]
) -> None:
    x = drawn(8, 4, *size)
    together = everything(model, x)
    for count in (1, 2, 3, 5):
        for start in (0, 8 - count):
            part = everything(model, x[start : start + count])
            for whole, piece in zip(together, part, strict=True):
                assert torch.equal(whole[start : start + count], piece)


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("size", [(16, 16), (32, 32)])
def test_a_picture_has_the_same_bits_with_any_number_of_threads(
    model: Model, size: tuple[int, int]
) -> None:
    x = drawn(1, 4, *size)
    torch.set_num_threads(1)
    alone = everything(model, x)
    for count in (2, 4):
        torch.set_num_threads(count)
        for one, several in zip(alone, everything(model, x), strict=True):
            assert torch.equal(one, several)


@pytest.mark.usefixtures("threads")
def test_a_larger_model_keeps_its_bits_as_well() -> None:
    """At the sizes of the model that is shipped, where torch does split work among threads."""
    torch.manual_seed(1)
    networks: dict[str, nn.Module] = {
        sd1.UNET: UNet(
            replace(
                tiny.UNET,
                in_channels=8,
                out_channels=8,
                channels=64,
                multipliers=(1, 2, 3),
                attention=(False, True, True),
            )
        ),
        sd1.AUTOENCODER: Autoencoder(
            replace(
                tiny.AUTOENCODER, channels=32, multipliers=(1, 2, 3), latent_channels=8, patch=2
            )
        ),
        sd1.TEXT: ClipText(tiny.TEXT),
    }
    named = {p + n: t for p, network in networks.items() for n, t in network.state_dict().items()}
    model, x = sd1.build(Weights(named, {})), drawn(3, 8, 16, 16)

    torch.set_num_threads(1)
    together = everything(model, x)
    torch.set_num_threads(4)
    for whole, alone in zip(together, everything(model, x[1:2]), strict=True):
        assert torch.equal(whole[1:2], alone)


def test_each_picture_may_have_its_own_level(model: Model) -> None:
    estimates = model.estimates(model.encode_text("a fox"))
    x, sigmas = drawn(3, 4, 8, 8), torch.tensor([0.1, 2.0, 14.0])
    (together,) = estimates(x, sigmas)
    for index in range(3):
        (alone,) = estimates(x[index : index + 1], sigmas[index])
        assert torch.equal(together[index : index + 1], alone)


def test_makes_what_it_made_before() -> None:
    """To the last bit on the processor that the numbers were made on, else to four digits."""
    spec = importlib.util.spec_from_file_location("make_tiny", GOLDEN / "make_tiny.py")
    assert spec is not None
    assert spec.loader is not None
    make_tiny: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make_tiny)

    golden, found = checkpoint.read(make_tiny.FILE), make_tiny.made()
    assert found.keys() == golden.tensors.keys()
    here = make_tiny.machine() == golden.metadata["machine"]
    for name, wanted in golden.tensors.items():
        assert torch.allclose(found[name], wanted, atol=1e-4), name
        assert torch.equal(found[name], wanted) or not here, name


# What an estimate is.


def test_estimates_are_the_networks_word_for_each_text(model: Model) -> None:
    network = UNet(tiny.UNET)
    network.load_state_dict(split(tiny.weights().tensors, sd1.UNET))
    x, sigma = drawn(1, 4, 8, 8), torch.tensor(2.0)
    time = model.clock.timestep(sigma).float().reshape(1)

    texts = [model.encode_text("a fox"), model.encode_text("")]
    for estimate, text in zip(model.estimates(*texts)(x, sigma), texts, strict=True):
        with torch.no_grad():
            noise = network(x / (sigma**2 + 1).sqrt(), time, text.tokens, text.pooled)
        assert torch.allclose(estimate, x - sigma * noise, atol=1e-4)


def test_pictures_may_go_together(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """As they do on a GPU: the same but for rounding."""
    x = drawn(3, 4, 8, 8)
    alone = everything(model, x)
    monkeypatch.setattr(Model, "_alone", property(lambda _: False))
    for one, other in zip(alone, everything(model, x), strict=True):
        assert torch.allclose(one, other, atol=1e-3)


@pytest.mark.gpu
def test_a_gpu_agrees_with_the_cpu(model: Model) -> None:
    x = drawn(3, 4, 8, 8)
    other = tiny.build(tiny.weights(), device="cuda")
    for one, found in zip(everything(model, x), everything(other, x.cuda()), strict=True):
        assert found.device.type == "cuda"
        assert torch.allclose(one, found.cpu(), atol=1e-2)


def test_without_a_negative_there_is_one_estimate(model: Model) -> None:
    positive, x = model.encode_text("a fox"), drawn(2, 4, 8, 8)
    (alone,) = model.estimates(positive)(x, torch.tensor(2.0))
    first, _ = model.estimates(positive, model.encode_text(""))(x, torch.tensor(2.0))
    assert torch.allclose(alone, first, atol=1e-4)


def test_each_text_is_heard_at_its_own_length(model: Model) -> None:
    """As in AUTOMATIC1111, which fills the shorter one up only when told to."""
    long, short = model.encode_text("cat " * 160), model.encode_text("dog")
    x, sigma = drawn(2, 4, 8, 8), torch.tensor(2.0)
    for texts in ((long, short), (short, long), (short, long, short, short, long)):
        together = model.estimates(*texts)(x, sigma)
        assert len(together) == len(texts)
        for text, estimate in zip(texts, together, strict=True):
            (alone,) = model.estimates(text)(x, sigma)
            assert torch.allclose(estimate, alone, atol=1e-4)


def test_a_call_is_for_two_texts_at_most(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    predicted = model._predicted

    def counted(x: Tensor, *others: Any) -> Tensor:
        sizes.append(len(x))
        return predicted(x, *others)

    monkeypatch.setattr(model, "_predicted", counted)
    long, short = model.encode_text("cat " * 80), model.encode_text("dog")
    model.estimates(short, short, long, short)(drawn(1, 4, 8, 8), torch.tensor(2.0))
    assert sizes == [2, 1, 1]


def test_a_text_can_be_filled_up_with_empty_contexts(model: Model) -> None:
    text = model.encode_text("a dog", clip_skip=2)
    empty = model.encode_text("", clip_skip=2).tokens
    longer = model.lengthened(text, 3 * 77)
    assert torch.equal(longer.tokens, torch.cat([text.tokens, empty, empty], dim=1))
    assert longer.pooled is text.pooled
    assert model.lengthened(longer, 3 * 77) is longer


def test_leaves_no_graph_behind(model: Model) -> None:
    x = drawn(1, 4, 8, 8).requires_grad_()
    assert not any(tensor.requires_grad for tensor in everything(model, x)[:4])


# Sizes.


@pytest.mark.parametrize(
    ("asked", "painted"),
    [
        ((512, 512), (128, 128)),
        ((64, 64), (128, 128)),
        ((768, 512), (160, 104)),
        ((512, 768), (104, 160)),
        ((2048, 64), (728, 24)),
        ((64, 2048), (24, 728)),
    ],
)
def test_a_model_with_a_native_size_paints_near_it(
    asked: tuple[int, int], painted: tuple[int, int]
) -> None:
    width, height = marked(native="128").canvas(*asked)
    assert (width, height) == painted
    assert width % 8 == height % 8 == 0
    assert 0.85 < width * height / 128**2 < 1.15
    assert 0.85 < (width / height) / (asked[0] / asked[1]) < 1.15


def test_other_models_paint_at_the_size_asked_for(model: Model) -> None:
    assert model.canvas(520, 64) == (520, 64)
    assert model.native is None


def test_a_latent_is_an_eighth_of_the_picture(model: Model) -> None:
    shape = model.latent_shape(512, 768)
    assert shape == (4, 96, 64)
    assert model.decode(torch.zeros(1, *model.latent_shape(24, 16))).shape == (1, 3, 16, 24)
    assert model.encode(torch.zeros(2, 3, 16, 24)).shape == (2, *model.latent_shape(24, 16))


@pytest.mark.parametrize(("width", "height", "name"), [(60, 64, "width"), (64, 60, "height")])
def test_a_side_must_divide(model: Model, width: int, height: int, name: str) -> None:
    with pytest.raises(RequestError, match=f"{name} is 60; for 'tiny' it must be a multiple of 8"):
        model.latent_shape(width, height)


# Pictures and previews.


def test_the_latent_scale_goes_in_and_comes_out(model: Model) -> None:
    scaled, pixels = marked(latent_scale="0.25"), drawn(1, 3, 16, 16).clamp(-1, 1)
    latent = scaled.encode(pixels)
    assert torch.allclose(latent, 0.25 * model.encode(pixels))
    assert torch.allclose(scaled.decode(latent), model.decode(model.encode(pixels)), atol=1e-5)


def test_a_preview_is_as_large_as_the_latent(model: Model) -> None:
    small = model.preview(drawn(2, 4, 8, 6))
    assert small.shape == (2, 3, 8, 6)
    assert float(small.abs().max()) <= 1


def test_a_file_may_bring_its_own_preview() -> None:
    told = marked(preview="[[0.5,0,0],[0,0.5,0],[0,0,0.5],[0,0,0],[0,0,0.1]]")
    small = told.preview(torch.ones(1, 4, 2, 2))
    assert torch.allclose(small[0, :, 0, 0], torch.tensor([0.5, 0.5, 0.6]))


def test_a_preview_for_another_latent_is_not_used(model: Model) -> None:
    latent = drawn(1, 4, 2, 2)
    assert torch.equal(marked(preview="[[1,1,1]]").preview(latent), model.preview(latent))


# What it is.


def test_knows_its_name_and_hash(tmp_path: Path) -> None:
    weights = tiny.weights()
    checkpoint.save(tmp_path / "fox.safetensors", weights.tensors, weights.metadata)
    model = sd1.build(checkpoint.read(tmp_path / "fox.safetensors"))
    assert (model.name, model.hash) == ("fox", weights.short_hash)
    assert len(model.hash) == 10
    assert sd1.build(Weights(weights.tensors, weights.metadata, name="made")).name == "made"
