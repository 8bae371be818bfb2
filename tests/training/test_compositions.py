"""A data set in no folder: the same numbers are the same pictures, on any machine."""

import pytest
import torch

from tests.training._things import SIDE, packed
from underpaint.training.compositions import Compositions
from underpaint.training.cutouts import Cutouts, load


@pytest.fixture(scope="module")
def cutouts(tmp_path_factory: pytest.TempPathFactory) -> Cutouts:
    return load(packed(tmp_path_factory.mktemp("cutouts") / "some.safetensors"), SIDE)


def test_it_is_as_long_as_is_asked_for(cutouts: Cutouts) -> None:
    data = Compositions(cutouts, count=50, size=32, seed=0)
    assert len(data) == len(data.captions) == 50
    batch = data.batch(torch.tensor([0, 49, 7]))
    assert batch.shape == (3, 3, 32, 32)
    assert batch.is_contiguous(memory_format=torch.channels_last)
    assert -1 <= float(batch.min()) <= float(batch.max()) <= 1


def test_a_number_is_the_same_picture_in_any_batch_and_any_length(cutouts: Cutouts) -> None:
    short = Compositions(cutouts, count=10, size=32, seed=0)
    long = Compositions(cutouts, count=40, size=32, seed=0)
    assert long.captions[:10] == short.captions
    assert torch.equal(
        short.batch(torch.arange(10)), long.batch(torch.arange(39, -1, -1)).flip(0)[:10]
    )


def test_its_fingerprint_names_what_it_is(cutouts: Cutouts) -> None:
    usual = {"count": 5, "size": 32, "seed": 0}
    prints = {
        Compositions(cutouts, **(usual | other)).fingerprint
        for other in ({}, {"count": 6}, {"size": 16}, {"seed": 1}, {})
    }
    assert len(prints) == 4


def test_pictures_are_seldom_the_same(cutouts: Cutouts) -> None:
    data = Compositions(cutouts, count=64, size=32, seed=0)
    different = {tuple(picture.flatten().tolist()) for picture in data.batch(torch.arange(64))}
    assert len(different) > 40
