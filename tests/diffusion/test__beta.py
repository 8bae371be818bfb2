"""The beta quantile against numbers that scipy 1.x gave, and against its own inverse."""

import pytest

from underpaint.diffusion._beta import cumulative, quantile

SHARES = [0.01, 0.3, 0.77, 0.999]
BY_SCIPY = {
    (0.6, 0.6): [
        0.0008612388215429059,
        0.23401700387523572,
        0.8461624142323502,
        0.9999814412614826,
    ],
    (2.0, 5.0): [0.026763191142755053, 0.18180347131894917, 0.402118402610099, 0.818613866919134],
    (0.3, 4.0): [
        4.1041237593986e-08,
        0.0034708337041745147,
        0.09983789094323908,
        0.7134437015152071,
    ],
    (7.0, 0.5): [0.612380782259553, 0.9235815945569494, 0.9936923472731449, 0.9999998837241693],
}


@pytest.mark.parametrize("shapes", BY_SCIPY)
def test_the_quantile_is_scipys(shapes: tuple[float, float]) -> None:
    ours = [quantile(share, *shapes) for share in SHARES]
    assert ours == pytest.approx(BY_SCIPY[shapes], rel=0, abs=1e-14)


@pytest.mark.parametrize("shapes", BY_SCIPY)
def test_the_quantile_inverts_the_distribution(shapes: tuple[float, float]) -> None:
    inverted = [cumulative(quantile(share, *shapes), *shapes) for share in SHARES]
    assert inverted == pytest.approx(SHARES, abs=1e-10)


@pytest.mark.parametrize("shapes", BY_SCIPY)
def test_the_ends_are_the_ends(shapes: tuple[float, float]) -> None:
    assert quantile(0, *shapes) == cumulative(0, *shapes) == 0
    assert quantile(1, *shapes) == cumulative(1, *shapes) == 1


def test_the_flat_distribution_is_the_identity() -> None:
    assert [cumulative(point, 1, 1) for point in SHARES] == pytest.approx(SHARES)


def test_a_symmetric_distribution_has_its_middle_in_the_middle() -> None:
    assert quantile(0.5, 0.6, 0.6) == pytest.approx(0.5, abs=1e-14)
