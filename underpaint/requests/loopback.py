"""What pictures painted over again and again are asked for with: AUTOMATIC1111's loopback.

A loopback is a request over requests: each picture is what the next one starts from.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Literal, Self, TypeAlias

from annotated_types import Interval
from pydantic.dataclasses import dataclass

from underpaint.errors import RequestError
from underpaint.media import Image
from underpaint.requests._fields import SEEDS, STRICT, Share
from underpaint.requests.image import ImageRequest

MOST = 32
Loops = Annotated[int, Interval(ge=1, le=MOST)]
Loop = Annotated[int, Interval(ge=0, le=MOST)]
Curve: TypeAlias = Literal["aggressive", "linear", "lazy"]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class LoopbackRequest(ImageRequest):
    """As many pictures as there are loops, each painted over the one before.

    The first goes as far as `strength` says, with `seed`; each next one takes the next seed.

    Raises:
        RequestError: a value is outside what is allowed; the sentence names it and the range.
        UnknownEntryError: there is no such sampler or schedule; lists those there are.
    """

    loops: Loops = 4
    """How often to paint, each time over the picture before."""

    final_strength: Share = 0.5
    """How far the last loop goes from the picture before; the first goes as far as strength."""

    curve: Curve = "linear"
    """How strength comes from the first loop's to the last's: evenly, or aggressive soon and lazy
    late."""

    loop: Loop = 0
    """Which loop's picture to keep, from 1; 0 keeps every one's."""

    batch: Loop = 0
    """How many pictures there are; follows from loops and loop."""

    def __post_init__(self) -> None:
        """Count the pictures, and refuse what cannot be painted over again."""
        super().__post_init__()
        if self.loop > self.loops:
            raise RequestError(f"loop is {self.loop}; it must be at most loops, {self.loops}")
        grows = self.own_size.startswith("extend") and self.own_size
        if field := grows or (self.original and "original"):
            raise RequestError(f"{field} is given; loops go over a picture and its mask only")
        object.__setattr__(self, "batch", 1 if self.loop else self.loops)

    def resolved(self, draw: Callable[[], int]) -> Self:
        """Return the request with every seed of -1 drawn.

        Args:
            draw: gives a fresh random whole number at each call, of any size.

        Raises:
            RequestError: there is no picture to begin with.
        """
        if self.init is None:
            raise RequestError("init is missing; it must be the picture to begin with")
        return super().resolved(draw)

    def alone(self, index: int) -> ImageRequest:
        """Return the request that comes to picture `index` and keeps no other.

        Args:
            index: which picture, 0..batch - 1.
        """
        assert 0 <= index < self.batch, f"no picture {index} in {self.batch} loops"
        return self if self.loop else replace(self, loop=index + 1)

    def strength_of(self, number: int) -> float:
        """Return how far a loop goes.

        Args:
            number: of the loop, from 0.
        """
        if self.loops == 1:
            return self.strength
        done = number / (self.loops - 1)
        if self.curve == "aggressive":
            done = math.sin(done * math.pi / 2)
        elif self.curve == "lazy":
            done = 1 - math.cos(done * math.pi / 2)
        return self.strength + (self.final_strength - self.strength) * done

    def step(self, number: int, before: Image) -> ImageRequest:
        """Return what a loop paints.

        Args:
            number: of the loop, from 0.
            before: the picture that it goes over.
        """
        values = self.values()
        values |= {"init": before.with_text(""), "batch": 1}
        values |= {"seed": (self.seed + number) % SEEDS, "strength": self.strength_of(number)}
        values |= {"mask_content": "original"} if number else {}
        return ImageRequest(**values)
