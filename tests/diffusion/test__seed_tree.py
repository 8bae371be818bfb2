"""Seeds of places: numpy's own."""

import numpy
import pytest

from underpaint.diffusion._seed_tree import SeedTree


@pytest.mark.parametrize("seed", [0, 1, 12345, 2**32 - 1])
@pytest.mark.parametrize("place", [(0, 0), (1, 1), (5, 3), (2**20 + 7, 21), (2**32 - 1, 0, 9)])
def test_seeds_of_places_are_numpys(seed: int, place: tuple[int, ...]) -> None:
    theirs = numpy.random.SeedSequence(seed, spawn_key=place, pool_size=24)
    assert SeedTree.of(seed).seed(*place) == theirs.generate_state(1)[0]


@pytest.mark.parametrize("seed", [0, 7, 2**32 - 1])
def test_a_trees_own_seed_is_numpys(seed: int) -> None:
    theirs = numpy.random.SeedSequence(seed, pool_size=24)
    assert SeedTree.of(seed).seed() == theirs.generate_state(1)[0]


def test_no_two_places_share_a_seed() -> None:
    tree = SeedTree.of(3)
    places = [(key, depth) for depth in range(11) for key in range(2**depth)]
    assert len({tree.seed(*place) for place in places}) == len(places)
