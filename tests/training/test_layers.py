"""Pixels of composed pictures: everything is where the plan says, in the colour it says."""

import pytest
import torch
from torch import Tensor

from tests.training._things import SIDE, packed
from underpaint.training.colours import PAINTS, WORDS, covered, dominant, words
from underpaint.training.composing import Composer
from underpaint.training.cutouts import Cutouts, load
from underpaint.training.layers import laid
from underpaint.training.plan import Layer, Plan

SIZE = 64


@pytest.fixture(scope="module")
def cutouts(tmp_path_factory: pytest.TempPathFactory) -> Cutouts:
    return load(packed(tmp_path_factory.mktemp("cutouts") / "some.safetensors"), SIDE)


def painted(cutouts: Cutouts, *plans: Plan) -> Tensor:
    """(B, H, W, 3), 0..255."""
    return (laid(cutouts.pixels, plans, SIZE).permute(0, 2, 3, 1) + 1) * 127.5


def test_a_whole_thing_fills_the_picture(cutouts: Cutouts) -> None:
    pixels = painted(cutouts, Plan("blue", (Layer(0),), ("",)))[0]
    assert torch.allclose(pixels[8:-8, 8:-8], torch.tensor(PAINTS["yellow"]).float(), atol=0.5)


def test_a_small_thing_lies_where_it_is_said_to(cutouts: Cutouts) -> None:
    pixels = painted(cutouts, Plan("white", (Layer(2, (0.25, 0.75), 0.25),), ("",)))[0]
    red = words(pixels) == WORDS.index("red")
    rows, columns = torch.nonzero(red.any(1)).flatten(), torch.nonzero(red.any(0)).flatten()
    assert (int(rows.min()), int(rows.max()) + 1) == (40, 56)
    assert (int(columns.min()), int(columns.max()) + 1) == (8, 24)


def test_mirrored_things_look_the_other_way(cutouts: Cutouts) -> None:
    pixels = cutouts.pixels.clone()
    pixels[0, :, : SIDE // 2] = torch.tensor((*PAINTS["blue"], 255), dtype=torch.uint8)
    plans = [Plan("white", (Layer(0, mirrored=mirrored),), ("",)) for mirrored in (False, True)]
    plain, mirrored = laid(pixels, plans, SIZE)
    assert torch.allclose(plain.flip(-1), mirrored, atol=1e-5)


def test_upper_layers_lie_over_lower_ones(cutouts: Cutouts) -> None:
    plan = Plan("white", (Layer(0), Layer(4, side=0.5)), ("",))
    pixels = painted(cutouts, plan)[0]
    assert WORDS[int(words(pixels[32, 32]))] == "blue"
    assert WORDS[int(words(pixels[4, 4]))] == "yellow"


def test_pictures_of_a_batch_do_not_depend_on_each_other(cutouts: Cutouts) -> None:
    composer = Composer(cutouts, seed=3)
    plans = [composer.plan(number) for number in range(12)]
    together = laid(cutouts.pixels, plans, SIZE)
    for index, plan in enumerate(plans):
        assert torch.equal(together[index], laid(cutouts.pixels, [plan], SIZE)[0])


def test_captions_tell_the_truth_about_pixels(cutouts: Cutouts) -> None:
    """The background's colour, and the thing's where it is told, as they are seen."""
    composer, seen = Composer(cutouts, seed=5), 0
    for number in range(300):
        plan = composer.plan(number)
        if len(plan.layers) > 1 or plan.layers[0].side > 0.8:  # pyright: ignore[reportGeneralTypeIssues]
            continue
        pixels = painted(cutouts, plan)[0]
        corner = max(plan.layers[0].middle) < 0.5  # pyright: ignore[reportGeneralTypeIssues]
        rim = pixels[-1, -1] if corner else pixels[0, 0]
        if plan.layers[0].middle == (0.5, 0.5) or corner:  # pyright: ignore[reportGeneralTypeIssues]
            assert torch.allclose(rim, torch.tensor(PAINTS[plan.background]).float(), atol=0.5)
        said = plan.captions[0].partition(" on ")[0].partition(",")[0].split()
        told = [word for word in PAINTS if word in said]
        if told:
            seen += 1
            assert dominant(pixels, covered(pixels))[0] == told[0], plan.captions[0]
    assert seen > 25


def test_places_are_true_of_pixels(cutouts: Cutouts) -> None:
    composer = Composer(cutouts, seed=6)
    for number in range(200):
        plan = composer.plan(number)
        if len(plan.layers) > 1 or plan.layers[0].side > 0.8:  # pyright: ignore[reportGeneralTypeIssues]
            continue
        cover = covered(painted(cutouts, plan)[0])
        rows, columns = torch.nonzero(cover).float().mean(0) / SIZE - 0.5
        for share, before, after in ((rows, "top", "bottom"), (columns, "left", "right")):
            told = plan.captions[0]
            assert (after in told) == (share > 1 / 16) or abs(abs(share) - 1 / 16) < 0.03
            assert (before in told) == (share < -1 / 16) or abs(abs(share) - 1 / 16) < 0.03


def test_thin_lines_do_not_vanish_when_they_are_made_small() -> None:
    pixels = torch.zeros(1, 64, 64, 4, dtype=torch.uint8)
    pixels[0, ::4, :, 3] = 255
    picture = laid(pixels, [Plan("white", (Layer(0, side=0.125),), ("",))], 64)[0]
    inside = picture[:, 29:35, 29:35]
    assert inside.std() < 0.02
    assert inside.mean() == pytest.approx(0.5, abs=0.05)
