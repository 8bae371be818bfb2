"""The request of a loopback: what each loop paints, and which pictures there are."""

from dataclasses import replace

import pytest

from underpaint.errors import RequestError
from underpaint.media import Image
from underpaint.requests.image import ImageRequest
from underpaint.requests.loopback import LoopbackRequest

INIT = Image("RGB", 1, 1, b"abc", "a text")
AGAIN = LoopbackRequest(
    init=INIT, loops=3, strength=0.8, final_strength=0.4, seed=7, variation_seed=8
)


def test_every_loop_is_a_picture() -> None:
    assert AGAIN.batch == 3
    alone = AGAIN.alone(1)
    assert isinstance(alone, LoopbackRequest)
    assert (alone.loop, alone.batch) == (2, 1)
    assert alone.alone(0) == alone


@pytest.mark.parametrize(
    ("curve", "strengths"),
    [
        ("linear", [0.8, 0.6, 0.4]),
        ("aggressive", [0.8, 0.5171573, 0.4]),
        ("lazy", [0.8, 0.6828427, 0.4]),
    ],
)
def test_strength_comes_to_the_last_along_a_curve(curve: str, strengths: list[float]) -> None:
    request = replace(AGAIN, curve=curve)
    assert [request.strength_of(number) for number in range(3)] == pytest.approx(strengths)


def test_one_loop_goes_as_far_as_strength() -> None:
    assert replace(AGAIN, loops=1, batch=0).strength_of(0) == 0.8


def test_a_loop_paints_over_the_picture_before_with_the_next_seed() -> None:
    masked = replace(AGAIN, mask=INIT, mask_content="noise")
    first, second = masked.step(0, INIT), masked.step(1, Image("RGB", 1, 1, b"xyz"))
    assert {type(first), type(second)} == {ImageRequest}
    assert (first.seed, second.seed) == (7, 8)
    assert (first.mask_content, second.mask_content) == ("noise", "original")
    assert first.init == INIT.with_text("")
    assert second.init == Image("RGB", 1, 1, b"xyz")
    assert first.batch == second.batch == 1


def test_seeds_wrap() -> None:
    assert replace(AGAIN, seed=2**32 - 1).step(1, INIT).seed == 0


def test_json_round_trip_is_exact() -> None:
    assert LoopbackRequest.from_json(AGAIN.to_json()) == AGAIN


def test_what_cannot_be_painted_over_is_refused() -> None:
    with pytest.raises(RequestError, match="loop is 4; it must be at most loops, 3"):
        replace(AGAIN, loop=4)
    with pytest.raises(RequestError, match="extend_up is given; loops go over a picture and"):
        replace(AGAIN, extend_up=8)
    with pytest.raises(RequestError, match="original is given; loops go over"):
        replace(AGAIN, original=INIT)
    with pytest.raises(RequestError, match="init is missing; it must be the picture to begin"):
        LoopbackRequest().resolved(lambda: 0)
