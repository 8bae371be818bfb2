"""Thousands of cut-outs in one file: what goes in comes out, with its colours known."""

from pathlib import Path

import pytest
import torch

from tests.training._things import SIDE, STYLES, packed, square
from underpaint.errors import TrainingError
from underpaint.media import Image
from underpaint.training.colours import PAINTS
from underpaint.training.cutouts import Thing, cut, load, pack
from underpaint.weights.checkpoint import read, save


def test_what_is_packed_comes_back(tmp_path: Path) -> None:
    kept = load(packed(tmp_path / "some.safetensors"), SIDE)
    assert len(kept) == 6
    assert [thing.name for thing in kept.things] == ["banana", "apple", "knife"]
    assert kept.things[0].tags == ("tag",)
    assert kept.rows(STYLES[1]) == [1, 3, 5]
    assert kept.pixels.shape == (6, SIDE, SIDE, 4)
    for row, colour in ((0, "yellow"), (3, "red"), (5, "blue")):
        assert kept.pixels[row, 4, 4].tolist() == [*PAINTS[colour], 255]
        assert kept.marks[row].colour == colour
        assert colour not in kept.marks[row].turns
        assert len(kept.marks[row].turns) == 6


def test_pictures_are_scaled_to_the_side_that_is_wanted(tmp_path: Path) -> None:
    assert load(packed(tmp_path / "some.safetensors"), 48).pixels.shape[1:] == (48, 48, 4)


def test_the_fingerprint_changes_with_the_contents_only(tmp_path: Path) -> None:
    one, two, other = (
        load(packed(tmp_path / f"{index}.safetensors", colours), SIDE).fingerprint
        for index, colours in enumerate([("red",), ("red",), ("green",)])
    )
    assert one == two != other


def test_what_is_transparent_does_not_count_for_its_colour() -> None:
    mark = cut(square("red", half=True), thing=0, style="3d render", weight=0.2)
    assert (mark.colour, mark.weight) == ("red", 0.2)


def test_an_opaque_picture_covers_all_of_itself(tmp_path: Path) -> None:
    picture = Image.of(square("red").array()[..., :3].copy())
    path = tmp_path / "opaque.safetensors"
    pack(path, [Thing("a", "wall")], [(cut(square("red"), thing=0, style="x"), picture.png())])
    assert load(path, SIDE).pixels[..., 3].min() == 255


def test_another_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    save(tmp_path / "model.safetensors", {"weight": torch.zeros(3)}, {})
    with pytest.raises(TrainingError, match="is no file of cut-outs"):
        load(tmp_path / "model.safetensors", SIDE)
    with pytest.raises(TrainingError, match="is no file of cut-outs"):
        load(tmp_path / "absent.safetensors", SIDE)


def test_nothing_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no cut-outs to write"):
        pack(tmp_path / "none.safetensors", [], [])


def test_a_file_whose_parts_disagree_is_refused(tmp_path: Path) -> None:
    whole = dict(read(packed(tmp_path / "whole.safetensors")).tensors)
    save(tmp_path / "part.safetensors", whole | {"ends": whole["ends"][:2]}, {})
    with pytest.raises(TrainingError, match="6 cut-outs and 2 pictures"):
        load(tmp_path / "part.safetensors", SIDE)
