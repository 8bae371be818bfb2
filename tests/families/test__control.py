"""ControlNets bound to a model, and what they add to its U-Net."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from underpaint.errors import RequestError, WeightsError
from underpaint.families import sd2, sdxl, tiny
from underpaint.families._control import FADING, Lead, Listened, leading, residuals
from underpaint.families._model import Model
from underpaint.families._stable import StableDiffusion
from underpaint.networks.controlnet import ControlNet, ControlNetParams
from underpaint.requests._controls import Mode
from underpaint.weights import checkpoint
from underpaint.weights.checkpoint import Weights

PARAMS = ControlNetParams(unet=tiny.UNET, hint_widths=(4, 4, 8, 8))


def trained(params: ControlNetParams = PARAMS, seed: int = 0) -> ControlNet:
    """Return a network whose last layers are as if it was trained."""
    torch.manual_seed(seed)
    made = ControlNet(params).eval().requires_grad_(False)
    for parameter in made.parameters():
        if not parameter.any():
            parameter.normal_(std=0.1)
    return made


def drawn(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def model() -> Model:
    return tiny.build(tiny.weights())


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ControlNet") / "scribble.safetensors"
    named = {f"control_model.{name}": each for name, each in trained().state_dict().items()}
    checkpoint.save(path, named, {})
    return path


@pytest.fixture
def lead(model: Model, file: Path) -> Lead:
    return Lead.of(model.controlnets([file])[0], drawn(1, 3, 64, 64).sigmoid())


def estimates(model: Model, *leads: Lead, sigma: float = 2.0, **given: object) -> list[Tensor]:
    texts = [model.encode_text("a fox"), model.encode_text("rain")]
    found = model.estimates(*texts, leads=leads)
    return list(found(drawn(2, 4, 8, 8), torch.tensor(sigma)))


def equal(one: list[Tensor], other: list[Tensor]) -> list[bool]:
    return [torch.equal(a, b) for a, b in zip(one, other, strict=True)]


def test_a_picture_leads_what_is_painted_and_what_is_kept_away_from(
    model: Model, lead: Lead
) -> None:
    assert equal(estimates(model, lead), estimates(model)) == [False, False]


def test_where_control_counts_more_the_negative_is_not_led(model: Model, lead: Lead) -> None:
    free = estimates(model)
    led = estimates(model, lead._replace(negative=False))
    assert not torch.equal(led[0], free[0])
    assert torch.equal(led[1], free[1])
    assert torch.allclose(led[0], estimates(model, lead)[0], atol=1e-3)


def test_texts_of_other_lengths_are_led_apart(model: Model, lead: Lead) -> None:
    texts = [model.encode_text("a BREAK b"), model.encode_text("rain")]
    x, sigma = drawn(1, 4, 8, 8), torch.tensor(2.0)
    free = model.estimates(*texts)(x, sigma)
    led = model.estimates(*texts, leads=[lead._replace(negative=False)])(x, sigma)
    assert not torch.equal(led[0], free[0])
    assert torch.equal(led[1], free[1])


def test_one_text_alone_is_not_kept_away_from(model: Model, lead: Lead) -> None:
    text, x, sigma = model.encode_text("a fox"), drawn(1, 4, 8, 8), torch.tensor(2.0)
    led, both = (
        model.estimates(text, leads=[lead._replace(negative=negative)])(x, sigma)
        for negative in (False, True)
    )
    assert torch.equal(led[0], both[0])


def test_a_picture_does_not_depend_on_its_company(model: Model, lead: Lead) -> None:
    text, x, sigma = model.encode_text("a fox"), drawn(3, 4, 8, 8), torch.tensor(2.0)
    together = model.estimates(text, text, leads=[lead])(x, sigma)
    for index in range(3):
        alone = model.estimates(text, text, leads=[lead])(x[index : index + 1], sigma)
        assert torch.equal(alone[0], together[0][index : index + 1])


@pytest.fixture
def calls(lead: Lead) -> Iterator[list[int]]:
    """The sizes of the batches that the network sees."""
    seen: list[int] = []
    hook = lead.network.register_forward_pre_hook(lambda _, given: seen.append(len(given[0])))
    yield seen
    hook.remove()


def test_outside_its_levels_nothing_is_called_and_nothing_changes(
    model: Model, lead: Lead, calls: list[int]
) -> None:
    free = estimates(model)
    for levels in ((2.0, math.inf), (0.0, 1.9)):
        assert equal(estimates(model, lead._replace(levels=levels)), free) == [True, True]
    assert calls == []
    for levels in ((1.9, 2.0), (0.0, 2.0)):
        assert equal(estimates(model, lead._replace(levels=levels)), free) == [False, False]
    assert calls == [2, 2] * 2
    estimates(model, lead._replace(negative=False))
    assert calls[-2:] == [1, 1]


def test_leading_is_above_the_lowest_level_and_up_to_the_highest(lead: Lead) -> None:
    between = lead._replace(levels=(1.0, 3.0))
    assert [leading([between], sigma) == (between,) for sigma in (1.0, 1.1, 3.0, 3.1)] == [
        False,
        True,
        True,
        False,
    ]


def test_several_add_up_by_their_weights(lead: Lead) -> None:
    words, time = drawn(2, 5, tiny.UNET.context_width), torch.tensor([500.0, 500.0])
    seen = Listened(drawn(2, 4, 8, 8), time, words, drawn(2, 32), 2)
    one = residuals([lead], seen)
    half = lead._replace(weights=tuple(weight / 2 for weight in lead.weights))
    for added, both in zip(one, residuals([lead, half], seen), strict=True):
        assert torch.allclose(both, 1.5 * added, atol=1e-5)
    assert residuals([], seen) == ()
    away = seen._replace(positives=0)
    assert residuals([lead._replace(negative=False)], away) == ()


def test_what_is_seen_beside_a_latent_is_not_shown(lead: Lead) -> None:
    words, time = drawn(1, 5, tiny.UNET.context_width), torch.tensor([500.0])
    seen = Listened(drawn(1, 4, 8, 8), time, words, drawn(1, 32), 1)
    beside = seen._replace(x=torch.cat([seen.x, drawn(1, 5, 8, 8)], dim=1))
    pairs = zip(residuals([lead], seen), residuals([lead], beside), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)


def test_where_words_count_too_finer_levels_count_less(lead: Lead) -> None:
    picture = drawn(1, 3, 64, 64)
    even = Lead.of(lead.network, picture, weight=0.5)
    assert set(even.weights) == {0.5}
    cases: tuple[tuple[Mode, bool], ...] = (("prompt", True), ("control", False))
    for mode, negative in cases:
        fading = Lead.of(lead.network, picture, mode=mode)
        last = len(fading.weights) - 1
        assert fading.weights[-1] == 1
        assert fading.weights[0] == pytest.approx(FADING**last)
        assert fading.negative is negative


def test_networks_are_kept_until_others_are_asked_for(tmp_path: Path, file: Path) -> None:
    model = tiny.build(tiny.weights())
    other = tmp_path / "other.safetensors"
    checkpoint.save(other, trained(seed=1).state_dict(), {})
    (first,) = model.controlnets([file])
    assert model.controlnets([file, other, file])[0] is first
    model.controlnets([other])
    assert model.controlnets([file])[0] is not first
    assert model.controlnets([]) == ()


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    model, path = tiny.build(tiny.weights()), tmp_path / "one.safetensors"
    checkpoint.save(path, trained().state_dict(), {})
    (first,) = model.controlnets([path])
    path.unlink()
    with pytest.raises(WeightsError, match="cannot read"):
        model.controlnets([path])
    checkpoint.save(path, trained(seed=2).state_dict(), {})
    (second,) = model.controlnets([path])
    name = "zero_convs.0.0.weight"
    assert not torch.equal(first.get_parameter(name), second.get_parameter(name))


def test_it_computes_in_what_the_model_does(file: Path) -> None:
    model = tiny.build(tiny.weights(), dtype=torch.bfloat16)
    (network,) = model.controlnets([file])
    assert {parameter.dtype for parameter in network.parameters()} == {torch.bfloat16}
    lead = Lead.of(network, drawn(1, 3, 64, 64).sigmoid())
    assert equal(estimates(model, lead), estimates(model)) == [False, False]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"context_width": 2048}, "its texts are 2048 wide instead of 32"),
        ({"multipliers": (1, 2, 4)}, r"its levels are \(\d+, \d+, \d+\) wide instead of \("),
        ({"blocks": 2}, "its blocks a level are 2 instead of 1"),
        ({"pooled_width": None}, "its vectors beside the texts are None wide instead of 32"),
        ({"in_channels": 9}, "its latents have 9 channels instead of 4"),
    ],
)
def test_one_for_another_kind_of_model_is_refused(
    model: Model, tmp_path: Path, changed: dict[str, int], words: str
) -> None:
    unet = replace(tiny.UNET, **changed)
    if len(unet.attention) != len(unet.multipliers):
        unet = replace(unet, attention=(0, 0, 1))
    path = tmp_path / "canny-xl.safetensors"
    checkpoint.save(path, ControlNet(replace(PARAMS, unet=unet)).state_dict(), {})
    with pytest.raises(WeightsError, match=r"'canny-xl\.safetensors' is a ControlNet for another"):
        model.controlnets([path])
    with pytest.raises(WeightsError, match=words):
        model.controlnets([path])


def test_one_that_reads_at_another_scale_is_refused(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "coarse.safetensors"
    params = replace(PARAMS, hint_widths=(4, 4))
    checkpoint.save(path, ControlNet(params).state_dict(), {})
    with pytest.raises(WeightsError, match="pictures are 2 times as large as latents instead of"):
        model.controlnets([path])


def test_a_file_that_lacks_a_tensor_is_refused_by_its_name(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "torn.safetensors"
    torn = {n: t for n, t in trained().state_dict().items() if n != "zero_convs.1.0.bias"}
    checkpoint.save(path, torn | {"difference": torch.ones(1)}, {})
    with pytest.raises(WeightsError, match=r"lacks zero_convs\.1\.0\.bias; has unexpected diff"):
        model.controlnets([path])


def test_a_model_that_takes_none_says_so(model: Model, file: Path) -> None:
    with pytest.raises(RequestError, match="'tiny' takes no ControlNet"):
        Model.controlnets(model, [file])
    assert Model.controlnets(model, []) == ()


@pytest.mark.parametrize("family", ["sd2", "sdxl"])
def test_other_families_are_led_too(
    family: str, sd2_weights: Callable[..., Weights], sdxl_weights: Weights, tmp_path: Path
) -> None:
    """Their heads are of one width, and SDXL's networks hear small print besides the text."""
    built = sd2.build(sd2_weights()) if family == "sd2" else sdxl.build(sdxl_weights)
    assert isinstance(built, StableDiffusion)
    strides = built.factor.bit_length()
    params = ControlNetParams(unet=built._unet.params, hint_widths=(4,) * strides)
    path = tmp_path / "own.safetensors"
    checkpoint.save(path, trained(params).state_dict(), {})
    (network,) = built.controlnets([path])
    assert network.params == replace(built._unet.params, out_channels=network.params.out_channels)

    side = 8 * built.factor
    lead = Lead.of(network, drawn(1, 3, side, side).sigmoid())
    texts = [built.encode_text("a fox"), built.encode_text("", negative=True)]
    x, sigma = drawn(1, built.latent_channels, 8, 8), torch.tensor(2.0)
    free = built.estimates(*texts)(x, sigma)
    led = built.estimates(*texts, leads=[lead])(x, sigma)
    assert equal(list(led), list(free)) == [False, False]


def test_the_number_of_threads_changes_no_bit(model: Model, lead: Lead) -> None:
    before = torch.get_num_threads()
    try:
        found: list[list[Tensor]] = []
        for threads in (1, 2):
            torch.set_num_threads(threads)
            again = Lead.of(lead.network, drawn(1, 3, 64, 64).sigmoid())
            found.append(estimates(model, again))
    finally:
        torch.set_num_threads(before)
    assert equal(*found) == [True, True]
