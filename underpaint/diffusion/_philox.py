"""The noise of NVIDIA's graphics cards, on any machine: what torch.randn gives there.

Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3") turns a counter
and a key into four random words, whatever was drawn before. The key is the seed; the counter names
the draw and the place in it; and Box and Muller's transform makes a normal number of two words.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

_WORD = 2**32 - 1
_MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
_KEY_STEPS = 0x9E3779B9, 0xBB67AE85

# The card works these out in float32.
_SHARE = float(torch.tensor(2.3283064e-10))
_ANGLE = float(torch.tensor(2.3283064e-10 * 6.2831855))


@dataclass(slots=True)
class Philox:
    """A graphics card's generator, right after it was seeded.

    It is the card's stream as long as a draw has at most one number for each thread the card runs
    at once; a draw of 2^17 is safe, a 2048-pixel picture's latent on all but small cards.

    Attributes:
        seed: 0..2^64 - 1.
        drawn: how many draws were made.
    """

    seed: int
    drawn: int = 0

    def draw(self, shape: tuple[int, ...]) -> Tensor:
        """Return the next unit normal noise, of `shape`, float32 on the CPU."""
        place = torch.arange(math.prod(shape), dtype=torch.int64)
        nothing = torch.zeros_like(place)
        counter = (nothing + self.drawn, nothing, place, nothing)
        first, second, _, _ = words(counter, (self.seed & _WORD, self.seed >> 32))
        self.drawn += 1
        return _normal(first, second).to(torch.float32).reshape(shape)


def words(
    counter: tuple[Tensor, Tensor, Tensor, Tensor], key: tuple[int, int]
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the four random words of each counter: ten rounds of Philox 4x32.

    Args:
        counter: four words, int64 of one shape, each 0..2^32 - 1.
        key: two words.

    Returns:
        Four words, like counter.
    """
    a, b, c, d = counter
    for turn in range(10):
        keys = [(word + turn * step) & _WORD for word, step in zip(key, _KEY_STEPS, strict=True)]
        (high_a, low_a), (high_c, low_c) = _product(a, 0), _product(c, 1)
        a, b, c, d = high_c ^ b ^ keys[0], low_c, high_a ^ d ^ keys[1], low_a
    return a, b, c, d


def _product(word: Tensor, which: int) -> tuple[Tensor, Tensor]:
    """Return the high and the low word of a product; its sign bit is only its highest bit."""
    product = word * _MULTIPLIERS[which]
    return (product >> 32) & _WORD, product & _WORD


def _normal(first: Tensor, second: Tensor) -> Tensor:
    """Return the one of Box and Muller's two normal numbers that the card uses."""
    radius = (-2 * (first * _SHARE + _SHARE / 2).log()).sqrt()
    return radius * (second * _ANGLE + _ANGLE / 2).sin()
