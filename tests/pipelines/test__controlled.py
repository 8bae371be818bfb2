"""Pictures that lead a painting, with every part of it real and tiny."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch

from tests.families.test__control import trained
from underpaint.errors import ModelNotFoundError
from underpaint.events import Finished
from underpaint.families._control import Lead
from underpaint.families._model import Model
from underpaint.media import Image
from underpaint.networks.controlnet import ControlNet
from underpaint.pipelines import _controlled, image
from underpaint.pipelines._paper import Paper
from underpaint.preprocessors._making import made
from underpaint.requests._controls import Control
from underpaint.requests.image import ImageRequest
from underpaint.weights import checkpoint

SIDE = 64


def noise(*shape: int, seed: int = 0) -> Image:
    return Image.of(numpy.random.default_rng(seed).integers(0, 256, shape, dtype=numpy.uint8))


LINES = noise(SIDE, SIDE, 3, seed=5)
PLAIN = ImageRequest(
    prompt="a fox",
    model="tiny",
    steps=4,
    width=SIDE,
    height=SIDE,
    seed=7,
    variation_seed=7,
    batch=1,
)
SCRIBBLE = Control(model="scribble", picture=LINES)
LED = replace(PLAIN, controls=(SCRIBBLE,))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as A1111 keeps it, with two ControlNets made for the tiny model."""
    root = tmp_path_factory.mktemp("models")
    for seed, name in enumerate(("scribble", "canny")):
        path = root / "ControlNet" / f"{name}.safetensors"
        path.parent.mkdir(exist_ok=True)
        checkpoint.save(path, trained(seed=seed).state_dict(), {})
    return root


def pictures(request: ImageRequest, model: Model, folder: Path) -> list[Image]:
    events = image.generate(request, model, folders=[folder])
    return [event.media.with_text("") for event in events if isinstance(event, Finished)]


def leads(request: ImageRequest, model: Model, folder: Path, **given: Any) -> tuple[Lead, ...]:
    return _controlled.leads(request, model, torch.arange(4.0, -1, -1), folders=[folder], **given)


def test_a_picture_that_leads_changes_what_is_painted(model: Model, folder: Path) -> None:
    free, led = (pictures(request, model, folder) for request in (PLAIN, LED))
    assert led != free
    other = replace(SCRIBBLE, picture=noise(SIDE, SIDE, 3, seed=6))
    assert pictures(replace(PLAIN, controls=(other,)), model, folder) != led
    both = replace(PLAIN, controls=(SCRIBBLE, replace(SCRIBBLE, model="canny")))
    assert pictures(both, model, folder) not in (free, led)


def test_a_picture_does_not_depend_on_its_company(model: Model, folder: Path) -> None:
    batch = replace(LED, batch=3)
    together = pictures(batch, model, folder)
    for index in (2, 0):
        assert pictures(batch.alone(index), model, folder) == [together[index]]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """One for each time that a ControlNet is called."""
    seen: list[int] = []
    own = ControlNet.forward

    def counted(self: ControlNet, *given: Any, **named: Any) -> Any:  # noqa: ANN401
        seen.append(1)
        return own(self, *given, **named)

    monkeypatch.setattr(ControlNet, "forward", counted)
    yield seen


@pytest.mark.parametrize(
    "off",
    [{"weight": 0.0}, {"start": 0.8, "end": 0.9}, {"start": 1.0}, {"weight": 0.0, "end": 0.0}],
)
def test_what_leads_nowhere_is_never_called_and_changes_no_bit(
    model: Model, folder: Path, calls: list[int], off: dict[str, float]
) -> None:
    request = replace(PLAIN, controls=(replace(SCRIBBLE, **off),))
    assert pictures(request, model, folder) == pictures(PLAIN, model, folder)
    assert calls == []
    missing = replace(request, controls=(replace(SCRIBBLE, model="nowhere", **off),))
    assert pictures(missing, model, folder) == pictures(PLAIN, model, folder)


@pytest.mark.parametrize(
    ("start", "end", "steps"), [(0.0, 1.0, 4), (0.25, 0.5, 2), (0.0, 0.0, 1), (0.6, 1.0, 1)]
)
def test_it_leads_for_its_share_of_the_steps(
    model: Model, folder: Path, calls: list[int], *, start: float, end: float, steps: int
) -> None:
    request = replace(LED, controls=(replace(SCRIBBLE, start=start, end=end),))
    pictures(request, model, folder)
    assert len(calls) == steps


def test_outside_the_mask_nothing_changes(model: Model, folder: Path) -> None:
    levels = numpy.zeros((SIDE, SIDE), numpy.uint8)
    levels[:, SIDE // 2 :] = 255
    init = noise(SIDE, SIDE, 3, seed=8)
    masked = replace(LED, init=init, mask=Image.of(levels), strength=1.0)
    (found,) = pictures(masked, model, folder)
    assert (found.array()[:, : SIDE // 2] == init.array()[:, : SIDE // 2]).all()
    assert [found] != pictures(replace(masked, controls=()), model, folder)


def test_the_second_pass_is_led_at_its_own_size(
    model: Model, folder: Path, calls: list[int]
) -> None:
    request = replace(LED, hires_width=96, hires_height=96, hires_steps=2)
    (found,) = pictures(request, model, folder)
    assert (found.width, found.height) == (96, 96)
    assert len(calls) == 4 + 2


# Which picture leads.


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[Image]:
    """The pictures that the networks follow."""
    found: list[Image] = []
    own = _controlled._pixels

    def noted(picture: Image) -> torch.Tensor:
        found.append(picture)
        return own(picture)

    monkeypatch.setattr(_controlled, "_pixels", noted)
    return found


def test_networks_see_levels_from_0_to_1() -> None:
    pixels = _controlled._pixels(LINES)
    assert pixels.shape == (1, 3, SIDE, SIDE)
    assert (pixels * 255).round().to(torch.uint8)[0].permute(1, 2, 0).numpy().tolist() == (
        LINES.array().tolist()
    )


def test_a_picture_is_prepared_at_the_size_that_is_painted(
    model: Model, folder: Path, seen: list[Image]
) -> None:
    wide = noise(SIDE, 2 * SIDE, 3)
    prepared = Control(model="canny", picture=wide, preprocessor="canny", threshold_a=40.0)
    leads(replace(PLAIN, controls=(prepared, replace(prepared, resize="stretch"))), model, folder)
    middle = Image.of(wide.array()[:, SIDE // 2 : SIDE // 2 + SIDE])
    assert seen == [
        made(middle, "canny", 40.0),
        made(wide.resized(SIDE, SIDE), "canny", 40.0),
    ]


def test_without_a_picture_of_its_own_the_init_picture_leads(
    model: Model, folder: Path, seen: list[Image]
) -> None:
    init = noise(SIDE, SIDE, 3, seed=9)
    request = replace(PLAIN, init=init, controls=(Control(model="canny", preprocessor="invert"),))
    leads(request, model, folder, paper=Paper.of(request))
    assert seen == [made(init, "invert")]


def test_a_part_is_led_by_that_part(model: Model, folder: Path, seen: list[Image]) -> None:
    whole, mask = noise(128, 128, 3), numpy.zeros((128, 128), numpy.uint8)
    mask[64:, 64:] = 255
    request = replace(
        LED,
        init=noise(128, 128, 3, seed=3),
        mask=Image.of(mask),
        only_masked=True,
        mask_padding=0,
        controls=(replace(SCRIBBLE, picture=whole),),
    )
    leads(request, model, folder, paper=Paper.of(request))
    assert seen == [Image.of(whole.array()[64:, 64:])]


def test_one_that_is_not_there_is_named_and_those_there_are_are_listed(
    model: Model, folder: Path
) -> None:
    request = replace(PLAIN, controls=(replace(SCRIBBLE, model="depth"),))
    with pytest.raises(ModelNotFoundError, match="no 'depth' in controlnets; there are: canny, sc"):
        pictures(request, model, folder)


# Levels.


@pytest.mark.parametrize(
    ("start", "end", "steps"),
    [(0, 1, "0123"), (0, 0.5, "012"), (0.5, 1, "23"), (0.3, 0.7, "2"), (0, 0, "0"), (0.9, 1, "")],
)
def test_a_share_of_the_steps_is_a_range_of_levels(start: float, end: float, steps: str) -> None:
    sigmas = torch.tensor([8.0, 4.0, 2.0, 1.0, 0.0], dtype=torch.float64)
    found = _controlled.span(sigmas, start, end)
    assert (found is None) == (steps == "")
    low, high = found or (math.inf, 0.0)
    inside = [index for index, sigma in enumerate(sigmas[:-1].float()) if low < sigma <= high]
    assert inside == [int(step) for step in steps]


def test_between_two_levels_the_step_that_is_walked_counts() -> None:
    sigmas = torch.tensor([8.0, 4.0, 2.0, 1.0, 0.0])
    low, high = _controlled.span(sigmas, 0.25, 0.25) or (0, 0)
    assert low < 3.0 <= high
    assert not low < 5.0 <= high
    low, high = _controlled.span(sigmas, 0, 1) or (0, 0)
    assert low < 80.0 <= high  # stirred up above the first level
