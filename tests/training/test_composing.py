"""What is said of a composition is true of its plan."""

from pathlib import Path

import pytest

from tests.training._things import SIDE, packed
from underpaint.training.colours import PAINTS
from underpaint.training.composing import USUAL, Composer
from underpaint.training.cutouts import Cutouts, load
from underpaint.training.plan import SHIFTED, SMALL, TINY, Plan, on

NAMES = ("banana", "apple", "knife", "anderswo")


@pytest.fixture(scope="module")
def cutouts(tmp_path_factory: pytest.TempPathFactory) -> Cutouts:
    return load(packed(tmp_path_factory.mktemp("cutouts") / "some.safetensors"), SIDE)


@pytest.fixture(scope="module")
def plans(cutouts: Cutouts) -> list[Plan]:
    composer = Composer(cutouts, seed=0)
    return [composer.plan(number) for number in range(600)]


def alone(plans: list[Plan]) -> list[Plan]:
    return [plan for plan in plans if len(plan.layers) == 1]


def test_a_number_is_always_the_same_composition(cutouts: Cutouts, plans: list[Plan]) -> None:
    again = Composer(cutouts, seed=0)
    assert [again.plan(number) for number in (599, 3)] == [plans[599], plans[3]]
    assert Composer(cutouts, seed=1).plan(3) != plans[3]


def test_backgrounds_other_than_white_are_told(plans: list[Plan]) -> None:
    for plan in plans:
        for caption in plan.captions:
            named = [word for word in PAINTS if word != "white" and on(word) in caption]
            assert named == ([] if plan.background == "white" else [plan.background])
    assert {plan.background for plan in plans} == set(PAINTS)


def test_the_style_is_told_unless_it_is_the_usual(cutouts: Cutouts, plans: list[Plan]) -> None:
    left_out = 0
    for plan in plans:
        style = cutouts.marks[plan.layers[0].row].style
        for caption in plan.captions:
            silent = not caption.endswith(f", {style}")
            assert not silent or style == USUAL
            left_out += silent
    assert left_out > 100


def test_sizes_and_places_are_told(plans: list[Plan]) -> None:
    for plan in alone(plans):
        (layer,) = plan.layers
        right, down = (share - 0.5 for share in layer.middle)
        for caption in plan.captions:
            assert (" right" in caption) == (right > SHIFTED)
            assert (" left" in caption) == (right < -SHIFTED)
            assert ("at the bottom" in caption) == (down > SHIFTED)
            assert ("at the top" in caption) == (down < -SHIFTED)
            assert ("tiny" in caption) == (layer.side < TINY)
            assert ("small" in caption) == (TINY <= layer.side < SMALL)
            assert ("mirrored" in caption) == layer.mirrored


def test_nothing_hangs_over_the_rim(plans: list[Plan]) -> None:
    for layer in (layer for plan in plans for layer in plan.layers):
        for share in layer.middle:
            assert layer.side / 2 - 1e-9 <= share <= 1 - layer.side / 2 + 1e-9


def test_a_colour_that_is_not_its_own_is_told(cutouts: Cutouts, plans: list[Plan]) -> None:
    seen = 0
    for plan in alone(plans):
        (layer,) = plan.layers
        mark = cutouts.marks[layer.row]
        words = [word for word, turn in mark.turns.items() if turn == layer.turn]
        seen += bool(words)
        for caption in plan.captions:
            before = caption.partition(" on ")[0].partition(",")[0].split()
            told = [word for word in PAINTS if word in before]
            assert told == words if layer.turn else set(told) <= {mark.colour}
    assert seen > 20


def test_people_are_not_called_by_a_colour(tmp_path: Path) -> None:
    colours = ("yellow", "red", "blue", "green")
    kept = load(packed(tmp_path / "some.safetensors", colours), SIDE)
    assert kept.things[3].people
    composer = Composer(kept, seed=0)
    for plan in (composer.plan(number) for number in range(300)):
        for layer in plan.layers:
            assert not layer.turn or kept.marks[layer.row].thing != 3
        if len(plan.layers) == 1 and kept.marks[plan.layers[0].row].thing == 3:
            assert not any(f"green {name}" in plan.captions[0] for name in ("waving", "hand"))


def test_pairs_say_what_is_where(cutouts: Cutouts, plans: list[Plan]) -> None:
    pairs = [
        plan for plan in plans if len(plan.layers) == 2 and plan.layers[0].row != plan.layers[1].row
    ]
    assert len(pairs) > 40
    for plan in pairs:
        first, second = plan.layers
        one, two = (cutouts.things[cutouts.marks[layer.row].thing].name for layer in plan.layers)
        assert cutouts.marks[first.row].style == cutouts.marks[second.row].style
        across = first.middle[0] < second.middle[0]
        assert across != (first.middle[1] < second.middle[1])
        told, turned_around = plan.captions[:2]
        assert (" to the left of " in told) == across
        assert (" above " in told) != across
        assert (" to the right of " in turned_around) == across
        if one != two:
            assert told.index(one) < told.index(two)
            assert turned_around.index(two) < turned_around.index(one)


def test_things_of_a_pair_do_not_cover_each_other(plans: list[Plan]) -> None:
    for plan in plans:
        for first, second in zip(plan.layers, plan.layers[1:], strict=False):
            apart = max(abs(a - b) for a, b in zip(first.middle, second.middle, strict=True))
            assert apart >= first.side


def test_numbers_are_true(plans: list[Plan]) -> None:
    several = [plan for plan in plans if plan.layers[0].row == plan.layers[-1].row]
    counted = [plan for plan in several if len(plan.layers) > 1]
    assert {len(plan.layers) for plan in counted} == {2, 3, 4}
    for plan in counted:
        word = {2: "two", 3: "three", 4: "four"}[len(plan.layers)]
        assert all(caption.startswith(f"{word} ") for caption in plan.captions)
        assert all(caption.split(" ")[-1] for caption in plan.captions)


def test_rare_pictures_come_rarely(tmp_path: Path, cutouts: Cutouts) -> None:
    marks = [*cutouts.marks]
    object.__setattr__(marks[0], "weight", 0.05)
    try:
        composer = Composer(cutouts, seed=0)
        rows = [composer.plan(number).layers[0].row for number in range(400)]
    finally:
        object.__setattr__(marks[0], "weight", 1.0)
    assert rows.count(0) < 20 < rows.count(1)


def test_every_caption_names_what_it_shows(plans: list[Plan]) -> None:
    for caption in (caption for plan in plans for caption in plan.captions):
        assert any(name in caption or "knives" in caption for name in NAMES)
