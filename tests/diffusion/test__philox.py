"""Philox against the published known answers, and the numbers that graphics cards gave."""

import pytest
import torch

from underpaint.diffusion._philox import Philox, words


@pytest.mark.parametrize(
    ("counter", "key", "answer"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        (
            (0xFFFFFFFF,) * 4,
            (0xFFFFFFFF,) * 2,
            (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
        ),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_known_answers_of_philox_4x32_10(
    counter: tuple[int, int, int, int], key: tuple[int, int], answer: tuple[int, ...]
) -> None:
    """Those of Random123, the authors' own library."""
    one, two, three, four = (torch.tensor([word]) for word in counter)
    assert tuple(int(word) for word in words((one, two, three, four), key)) == answer


def test_a_card_draws_these_for_seed_zero() -> None:
    """torch.randn((3, 4), device="cuda") after torch.manual_seed(0)."""
    card = [
        [-0.92466259, -0.42534415, -2.6438457, 0.14518388],
        [-0.12086647, -0.57972564, -0.62285122, -0.32838709],
        [-1.07454231, -0.36314407, -1.67105067, 2.26550497],
    ]
    torch.testing.assert_close(Philox(0).draw((3, 4)), torch.tensor(card), rtol=1e-6, atol=1e-7)


def test_draws_go_on_and_are_new() -> None:
    card = Philox(5)
    first, second = card.draw((4, 8)), card.draw((4, 8))
    assert not torch.isclose(first, second).any()
    assert torch.equal(Philox(5, drawn=1).draw((4, 8)), second)
    assert first.dtype == torch.float32


def test_a_longer_draw_begins_with_the_shorter() -> None:
    assert torch.equal(Philox(9).draw((100,))[:50], Philox(9).draw((50,)))


def test_the_law_is_the_normal_one() -> None:
    drawn = Philox(2**32 - 1).draw((1 << 16,)).double()
    assert drawn.mean() == pytest.approx(0, abs=0.015)
    assert drawn.std() == pytest.approx(1, abs=0.015)
    assert (drawn**4).mean() == pytest.approx(3, abs=0.15)
    assert torch.isfinite(drawn).all()


@pytest.mark.gpu
@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
def test_this_card_draws_the_same(seed: int) -> None:
    generator, card = torch.Generator("cuda").manual_seed(seed), Philox(seed)
    for _ in range(3):
        theirs = torch.randn((4, 64, 64), generator=generator, device="cuda").cpu()
        torch.testing.assert_close(card.draw((4, 64, 64)), theirs, rtol=1e-5, atol=1e-6)
