"""The picture pipeline, with every part of it real and tiny."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from torch import Tensor

from underpaint import catalog, infotext
from underpaint.errors import UnknownEntryError, WeightsError
from underpaint.events import Finished, Progress
from underpaint.families import sd1, tiny
from underpaint.families._heard import Heard
from underpaint.families._model import Model
from underpaint.media import Image
from underpaint.networks.esrgan import Compact, CompactParams
from underpaint.pipelines import _passes, image
from underpaint.prompt.plan import plan
from underpaint.requests._samplers import SAMPLERS, own_schedule
from underpaint.requests.image import ImageRequest
from underpaint.weights.checkpoint import Weights

SIDE = 64


def noise(*shape: int, seed: int = 0) -> Image:
    levels = numpy.random.default_rng(seed).integers(0, 256, shape, dtype=numpy.uint8)
    return Image.of(levels)


def half_mask(side: int = SIDE) -> Image:
    """Return a mask whose right half is to be repainted."""
    levels = numpy.zeros((side, side), numpy.uint8)
    levels[:, side // 2 :] = 255
    return Image.of(levels)


PLAIN = ImageRequest(
    prompt="a banana",
    model="tiny",
    steps=2,
    width=SIDE,
    height=SIDE,
    seed=7,
    variation_seed=70,
    batch=1,
)
SKETCHED = replace(PLAIN, init=noise(SIDE, SIDE, 3), strength=0.6)
MASKED = replace(SKETCHED, mask=half_mask())
KINDS = {
    "words": PLAIN,
    "sketch": SKETCHED,
    "mask": MASKED,
    "fresh noise": replace(PLAIN, sampler="euler_ancestral"),
    "brownian noise": replace(SKETCHED, sampler="dpmpp_sde"),
    "variation": replace(PLAIN, variation_strength=0.4),
    "NVIDIA's noise": replace(PLAIN, sampler="dpm_2_ancestral", noise_source="nv"),
    "own pace": replace(SKETCHED, sampler="dpm_adaptive", noise_seed_delta=31337),
    "another size's noise": replace(PLAIN, seed_resize_width=96, sampler="ddim_cfgpp"),
    "rescale": replace(PLAIN, guidance_rescale=0.7, clip_skip=2, negative="(people:1.3)"),
    "tiles": replace(PLAIN, tiling=True),
    "language": replace(
        PLAIN,
        prompt="[a|two] {banana|lemon}, __colour__ # fruit\nAND (sun:1.2) :0.5 BREAK [sea:0.5]",
        negative="{night|fog}",
        sampler="heun",
    ),
}


def pictures(request: ImageRequest, model: Model) -> list[Image]:
    """Return the finished pictures, text inside."""
    return [event.media for event in finished(request, model)]


def finished(request: ImageRequest, model: Model) -> list[Finished]:
    events = image.generate(request, model, lines=lambda name: ["red", "green", "blue"])
    return [event for event in events if isinstance(event, Finished)]


def steps(request: ImageRequest, model: Model) -> list[Progress]:
    return [event for event in image.generate(request, model) if isinstance(event, Progress)]


@pytest.fixture
def threads() -> Iterator[None]:
    """Give the number of threads back."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_each_picture_is_told_as_soon_as_it_is_there(model: Model) -> None:
    events = list(image.generate(replace(PLAIN, batch=2), model))
    told = [
        (event.step, event.steps) if isinstance(event, Progress) else type(event).__name__
        for event in events
    ]
    assert told == [(1, 4), (2, 4), "Finished", (3, 4), (4, 4), "Finished"]


def test_a_picture_says_how_it_was_made(model: Model) -> None:
    request = replace(PLAIN, batch=2, seed=2**32 - 1, negative="people")
    done = finished(request, model)
    assert [event.index for event in done] == [0, 1]
    assert [event.request.seed for event in done] == [2**32 - 1, 0]  # pyright: ignore[reportAttributeAccessIssue]
    for event in done:
        assert (event.media.mode, event.media.width, event.media.height) == ("RGB", SIDE, SIDE)
        said = infotext.read(event.media.text)
        assert replace(said, schedule="automatic", variation_seed=0) == replace(
            event.request, variation_seed=0
        )
        assert f"Model hash: {model.hash}" in event.media.text


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_request_gives_the_same_bits_alone_and_in_company(model: Model, kind: str) -> None:
    request = replace(KINDS[kind], batch=3)
    together = pictures(request, model)
    assert pictures(request, model) == together
    for index in (2, 0, 1):
        assert pictures(request.alone(index), model) == [together[index]]
    assert len({picture.pixels for picture in together}) == 3


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("kind", ["words", "mask", "brownian noise"])
def test_the_number_of_threads_does_not_show(model: Model, kind: str) -> None:
    torch.set_num_threads(1)
    one = pictures(KINDS[kind], model)
    torch.set_num_threads(2)
    assert pictures(KINDS[kind], model) == one


def test_pictures_painted_at_once_are_those_painted_alone(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a GPU: there the bits may differ, but not the pictures that belong to the seeds."""
    request = replace(MASKED, batch=3, sampler="dpmpp_2m_sde")
    alone = finished(request, model)
    monkeypatch.setattr(image, "_groups", lambda said, device: [range(3)])
    assert finished(request, model) == alone
    assert [event.step for event in steps(request, model)] == [1, 2]


def test_a_gpu_paints_some_at_once() -> None:
    same, other = plan("a fox", "", 2), plan("a dog", "", 2)
    assert image._groups([same] * 6, torch.device("cuda")) == [[0, 1, 2, 3], [4, 5]]
    mixed = image._groups([same, same, other, same, other, other], torch.device("cuda"))
    assert mixed == [[0, 1], [2], [3], [4, 5]]
    assert image._groups([same] * 2, torch.device("cpu")) == [[0], [1]]


def test_previews_are_small_pictures(model: Model) -> None:
    previews = [event.preview for event in steps(PLAIN, model)]
    for preview in previews:
        assert preview is not None
        assert (preview.mode, preview.width, preview.height) == ("RGB", SIDE // 8, SIDE // 8)


@pytest.mark.parametrize("sampler", catalog.ids(SAMPLERS))
def test_every_sampler_paints(model: Model, sampler: str) -> None:
    request = replace(PLAIN, sampler=sampler)
    spelled = replace(request, schedule=own_schedule(sampler))
    assert pictures(request, model) == pictures(spelled, model)
    told = steps(request, model)
    assert told[-1].step == told[-1].steps == 2


@pytest.mark.parametrize(
    ("strength", "walked"), [(0.0, 1), (1e-9, 1), (0.24, 1), (0.25, 2), (0.75, 4), (1.0, 4)]
)
def test_strength_walks_its_share_of_the_schedule(
    model: Model, strength: float, walked: int
) -> None:
    told = steps(replace(SKETCHED, steps=4, strength=strength), model)
    assert [(event.step, event.steps) for event in told] == [(n + 1, walked) for n in range(walked)]


def test_little_strength_stays_near_the_sketch(model: Model) -> None:
    """Near what the autoencoder makes of it, that is; a trained one makes the sketch of it."""
    pixels = torch.from_numpy(noise(SIDE, SIDE, 3).array()).permute(2, 0, 1)[None] / 127.5 - 1
    kept = model.decode(model.encode(pixels)).clamp(-1, 1)
    kept = (kept[0].permute(1, 2, 0).numpy() + 1) * 127.5

    def distance(strength: float) -> float:
        painted = pictures(replace(SKETCHED, steps=10, strength=strength), model)[0].array()
        return float(numpy.abs(painted - kept).mean())

    assert distance(0.0) < distance(0.5) < distance(1.0)
    assert distance(0.0) < 10


@pytest.mark.parametrize("sampler", catalog.ids(SAMPLERS))
def test_what_is_black_in_the_mask_stays_to_the_last_bit(model: Model, sampler: str) -> None:
    before = noise(SIDE, SIDE, 3).array()
    after = pictures(replace(MASKED, sampler=sampler, strength=1.0), model)[0].array()
    assert (after[:, : SIDE // 2] == before[:, : SIDE // 2]).all()
    assert (after[:, SIDE // 2 :] != before[:, SIDE // 2 :]).mean() > 0.5


def test_a_mask_without_white_changes_nothing_and_with_white_only_nothing_is_kept(
    model: Model,
) -> None:
    black, white = (Image.of(numpy.full((SIDE, SIDE), level, numpy.uint8)) for level in (0, 255))
    [kept] = pictures(replace(MASKED, mask=black), model)
    assert kept.with_text("") == noise(SIDE, SIDE, 3)
    assert pictures(replace(MASKED, mask=white), model) == pictures(SKETCHED, model)


def test_twenty_rounds_of_repainting_leave_the_rest_alone(model: Model) -> None:
    request, before = replace(MASKED, steps=1), noise(SIDE, SIDE, 3).array()
    for _ in range(20):
        request = replace(request, init=pictures(request, model)[0])
    assert request.init is not None
    assert (request.init.array()[:, : SIDE // 2] == before[:, : SIDE // 2]).all()


def test_init_and_mask_of_any_size_are_stretched_to_the_size_asked_for(model: Model) -> None:
    init, mask = noise(100, 150, 3), half_mask(33)
    request = replace(MASKED, init=init, mask=mask, height=96)
    [painted] = pictures(request, model)
    assert (painted.width, painted.height) == (SIDE, 96)
    kept = init.resized(SIDE, 96).array()[:, : SIDE // 2 - 3]
    assert (painted.array()[:, : SIDE // 2 - 3] == kept).all()


def test_what_is_transparent_in_the_init_is_white(model: Model) -> None:
    levels = noise(SIDE, SIDE, 4).array()
    levels[:20, :, 3] = 0
    clear = Image.of(levels)
    flat = clear.rgb((255, 255, 255))
    assert flat.array()[:20].min() == 255
    for request in (SKETCHED, MASKED):
        transparent, white = (replace(request, init=init) for init in (clear, flat))
        assert pictures(transparent, model) == pictures(white, model)


def test_a_model_paints_at_its_own_size_and_gives_the_size_asked_for() -> None:
    marks = {**tiny.weights().metadata, "underpaint.native": "64"}
    small = tiny.build(Weights(tiny.weights().tensors, marks))
    request = replace(MASKED, init=noise(128, 128, 3), mask=half_mask(128), width=128, height=128)
    preview = steps(request, small)[0].preview
    assert preview is not None
    assert (preview.width, preview.height) == (8, 8)
    after = pictures(request, small)[0].array()
    assert after.shape == (128, 128, 3)
    assert (after[:, :64] == noise(128, 128, 3).array()[:, :64]).all()


def test_the_prompts_lead_and_at_scale_one_only_the_positive(model: Model) -> None:
    cold = replace(PLAIN, negative="a dog")
    assert pictures(cold, model) != pictures(PLAIN, model)
    assert pictures(replace(PLAIN, prompt="a dog"), model) != pictures(PLAIN, model)
    single = [replace(request, guidance_scale=1.0) for request in (PLAIN, cold)]
    same = [picture.pixels for request in single for picture in pictures(request, model)]
    assert same[0] == same[1]


def test_without_guidance_the_network_is_asked_once_a_step(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    predicted = model._predicted

    def counted(x: Tensor, timestep: Tensor, heard: Heard) -> Tensor:
        sizes.append(len(x))
        return predicted(x, timestep, heard)

    monkeypatch.setattr(model, "_predicted", counted)
    pictures(replace(PLAIN, guidance_scale=1.0), model)
    pictures(PLAIN, model)
    assert sizes == [1, 1, 2, 2]


def changed(name: str, tensor: Tensor) -> Model:
    """Return the tiny model with one tensor of its U-Net another."""
    weights = tiny.weights()
    return tiny.build(replace(weights, tensors={**weights.tensors, sd1.UNET + name: tensor}))


@pytest.fixture(scope="module")
def inpaints() -> Model:
    name = "input_blocks.0.0.weight"
    more = torch.randn(16, 5, 3, 3, generator=torch.Generator().manual_seed(3))
    return changed(name, torch.cat([tiny.weights().tensors[sd1.UNET + name], more], dim=1))


def seen(request: ImageRequest, model: Model, monkeypatch: pytest.MonkeyPatch) -> Tensor:
    """Return what an inpainting model sees beside its first latent."""
    looks: list[Tensor] = []
    predicted = model._predicted

    def noted(x: Tensor, timestep: Tensor, heard: Heard) -> Tensor:
        looks.append(x)
        return predicted(x, timestep, heard)

    monkeypatch.setattr(model, "_predicted", noted)
    pictures(request, model)
    return looks[0][:1, 4:]


def test_an_inpainting_model_sees_the_mask_and_what_is_kept(
    inpaints: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = seen(MASKED, inpaints, monkeypatch)
    half = SIDE // 8 // 2
    assert beside[0, 0, :, :half].max() == 0
    assert beside[0, 0, :, half:].min() == 1

    assert MASKED.init is not None
    kept = MASKED.init.array().copy()
    pixels = torch.from_numpy(kept).permute(2, 0, 1)[None].float() / 127.5 - 1
    pixels[..., SIDE // 2 :] = 0
    assert torch.allclose(beside[:, 1:], inpaints.encode(pixels), atol=1e-5)


@pytest.mark.parametrize("kind", ["words", "sketch"])
def test_without_a_mask_an_inpainting_model_sees_that_all_is_to_paint(
    inpaints: Model, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    beside = seen(KINDS[kind], inpaints, monkeypatch)
    assert beside[:, 0].min() == 1
    assert torch.allclose(beside[:, 1:], inpaints.encode(torch.zeros(1, 3, SIDE, SIDE)), atol=1e-5)


def test_an_inpainting_model_keeps_what_the_mask_keeps(inpaints: Model) -> None:
    [picture] = pictures(MASKED, inpaints)
    assert MASKED.init is not None
    left = SIDE // 2
    assert numpy.array_equal(picture.array()[:, :left], MASKED.init.array()[:, :left])


def test_a_model_that_obeys_the_guidance_scale_is_asked_for_one_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    obeys = changed(
        "time_embedding.cond_proj.weight",
        torch.randn(16, 32, generator=torch.Generator().manual_seed(3)),
    )
    scales: list[list[float]] = []
    predicted = obeys._predicted

    def noted(x: Tensor, timestep: Tensor, heard: Heard) -> Tensor:
        assert heard.guidance is not None
        scales.append(heard.guidance.tolist())
        return predicted(x, timestep, heard)

    monkeypatch.setattr(obeys, "_predicted", noted)
    strong = pictures(PLAIN, obeys)
    assert scales == [[7.0], [7.0]]
    weak = pictures(replace(PLAIN, guidance_scale=1.0), obeys)
    assert scales[2:] == [[1.0], [1.0]]
    assert strong[0].pixels != weak[0].pixels


def test_prompts_that_change_begin_as_what_they_say_first(model: Model) -> None:
    late, early = (replace(PLAIN, prompt=f"[a banana:a dog:{when}]") for when in ("2", "0"))
    for request, words in ((late, "a banana"), (early, "a dog")):
        [found] = pictures(request, model)
        assert found.pixels == pictures(replace(PLAIN, prompt=words), model)[0].pixels


def test_what_the_prompts_say_is_read_before_any_picture_is(model: Model) -> None:
    request = replace(SKETCHED, prompt="a banana <lora:ink:0.8>")
    with pytest.raises(UnknownEntryError, match="no 'ink' in loras; there are: none"):
        next(image.generate(request, model))


def test_a_text_keeps_what_was_written(model: Model) -> None:
    """The choice comes back with the seed."""
    request = replace(KINDS["language"], batch=3)
    for event in finished(request, model):
        said = infotext.read(event.media.text)
        assert (said.prompt, said.negative) == (request.prompt, request.negative)
        assert pictures(replace(said, variation_seed=0), model) == [event.media]


def test_a_variation_strays_from_its_seed_with_its_strength(model: Model) -> None:
    [plain] = pictures(PLAIN, model)
    alone = replace(PLAIN, seed=PLAIN.variation_seed)
    whole = replace(PLAIN, variation_strength=1.0)
    assert [picture.pixels for picture in pictures(alone, model)] == [
        picture.pixels for picture in pictures(whole, model)
    ]

    def distance(strength: float) -> float:
        [varied] = pictures(replace(PLAIN, variation_strength=strength), model)
        return float(numpy.abs(varied.array().astype(int) - plain.array()).mean())

    assert 0 < distance(0.1) < distance(0.5)


def test_numbers_that_are_no_picture_are_told() -> None:
    tensors = dict(tiny.weights().tensors)
    name = "first_stage_model.decoder.conv_out.bias"
    tensors[name] = torch.full_like(tensors[name], float("nan"))
    broken = tiny.build(Weights(tensors, tiny.weights().metadata))
    with pytest.raises(WeightsError, match="no picture"):
        pictures(PLAIN, broken)


def test_between_events_nothing_of_torch_is_changed(model: Model) -> None:
    state = torch.get_rng_state()
    for event in image.generate(PLAIN, model):
        assert torch.is_grad_enabled()
        if isinstance(event, Progress) and event.step == 1:
            break
    assert torch.equal(torch.get_rng_state(), state)


def test_a_picture_that_tiles_has_no_edges(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that is painted moves along with what painting starts from, across the edges."""
    noised = _passes.starting

    def shifted(*values: Any, **named: Any) -> Tensor:
        return torch.roll(noised(*values, **named), (4, 8), (2, 3))

    asked = replace(SKETCHED, tiling=True, height=96, width=SIDE, init=noise(96, SIDE, 3))
    moved = Image.of(numpy.roll(noise(96, SIDE, 3).array(), (32, 64), (0, 1)))
    apart: list[int] = []
    for tiling in (True, False):
        [before] = pictures(replace(asked, tiling=tiling), model)
        with monkeypatch.context() as patched:
            patched.setattr(_passes, "starting", shifted)
            [after] = pictures(replace(asked, tiling=tiling, init=moved), model)
        wanted = numpy.roll(before.array(), (32, 64), (0, 1)).astype(int)
        apart.append(abs(after.array() - wanted).max())
    assert apart[0] <= 1
    assert apart[1] > 10
    [tile] = pictures(asked, model)
    assert ", Tiling: True, " in tile.text
    assert infotext.read(tile.text).tiling


def test_a_persons_upscaler_enlarges_the_init_picture(model: Model, tmp_path: Path) -> None:
    network = Compact(CompactParams(channels=4, convolutions=1, enlarging=2))
    with torch.no_grad():
        for tensor in network.parameters():
            tensor.zero_()
    (tmp_path / "ESRGAN").mkdir()
    torch.save(network.state_dict(), tmp_path / "ESRGAN" / "idle.pth")
    asked = replace(SKETCHED, init=noise(SIDE // 2, SIDE // 2, 3))

    def painted(upscaler: str) -> Image:
        request = replace(asked, resize_upscaler=upscaler)
        done = list(image.generate(request, model, folders=[tmp_path]))[-1]
        assert isinstance(done, Finished)
        assert infotext.read(done.media.text).resize_upscaler == request.resize_upscaler
        return done.media

    by_file, nearest, lanczos = map(painted, ("idle", "Nearest", "Lanczos"))
    assert ", Upscaler for img2img: idle, " in by_file.text
    assert by_file.pixels == nearest.pixels != lanczos.pixels
    assert list(replace(asked, resize_upscaler="idle").needs())[-1] == ("upscalers", "idle")
