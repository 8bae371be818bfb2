"""Seeds for the places in a tree, all from one: numpy's SeedSequence in plain whole numbers.

Each seed is as independent of the others as if it had been drawn (O'Neill 2015, "C++ seeding
surprises"), and numbers drawn by way of numpy elsewhere come out the same here.
"""

from dataclasses import dataclass
from typing import Self

_WORD = 2**32 - 1
_POOL = 24
"""Words the entropy is mixed into; torchsde's number."""

_START, _FACTOR = 0x43B0D7E5, 0x931E8875
_TURN: int = pow(_FACTOR, _POOL, 2**32)
"""What the constant is multiplied by for each word, mixed into all of the pool."""

_END_START, _END_FACTOR = 0x8B51F9DD, 0x58F38DED
_LEFT, _RIGHT = 0xCA01F9DD, 0x4973F715


@dataclass(frozen=True, slots=True)
class SeedTree:
    """A seed, mixed well.

    Attributes:
        first: the first word of the pool.
        constant: what the next word is hashed with.
    """

    first: int
    constant: int

    @classmethod
    def of(cls, seed: int) -> Self:
        """Return the tree of a seed, 0..2^32 - 1."""
        constant, pool = _START, list[int]()
        for word in (seed, *[0] * (_POOL - 1)):
            pool.append(_hashed(word, constant))
            constant = constant * _FACTOR & _WORD
        for source in range(_POOL):
            for target in range(_POOL):
                if source != target:
                    pool[target] = _mixed(pool[target], _hashed(pool[source], constant))
                    constant = constant * _FACTOR & _WORD
        return cls(pool[0], constant)

    def seed(self, *place: int) -> int:
        """Return the seed of a place, 0..2^32 - 1: SeedSequence's first word.

        Args:
            place: whole numbers that name it, each 0..2^32 - 1; none for the tree's own.
        """
        word, constant = self.first, self.constant
        for key in place:
            word = _mixed(word, _hashed(key, constant))
            constant = constant * _TURN & _WORD
        return _folded((word ^ _END_START) * (_END_START * _END_FACTOR))


def _hashed(word: int, constant: int) -> int:
    return _folded((word ^ constant) * (constant * _FACTOR))


def _mixed(word: int, other: int) -> int:
    return _folded(word * _LEFT - other * _RIGHT)


def _folded(number: int) -> int:
    """Return a word whose low half has heard of its high half."""
    word = number & _WORD
    return word ^ word >> 16
