"""What a larger picture is asked for with: a picture, and what enlarges it by how much."""

import math
from collections.abc import Callable, Iterator
from typing import Annotated, Self

from annotated_types import Interval
from pydantic.dataclasses import dataclass

from underpaint.errors import RequestError
from underpaint.media import MAX_PIXELS
from underpaint.requests._fields import STRICT, Picture, Request, Share
from underpaint.requests._upscalers import UpscalerName, files, picture_upscaler_id

Scale = Annotated[float, Interval(ge=0.05, le=8)]
Side = Annotated[int, Interval(ge=0, le=8192)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class UpscaleRequest(Request):
    """One picture, larger than the one given; no diffusion model takes part in it.

    Raises:
        RequestError: a value is outside what is allowed; the sentence names it and the range.
    """

    init: Picture | None = None
    """The picture to enlarge."""

    upscaler: UpscalerName = "lanczos"
    """What enlarges it: lanczos, nearest, or the name of an upscaler's file."""

    scale: Scale = 2.0
    """How many times larger each side becomes; counts without width and height."""

    width: Side = 0
    """Width to come to; 0 follows from height, or from scale."""

    height: Side = 0
    """Height to come to; 0 follows from width, or from scale."""

    crop: bool = True
    """Cut off what stands out where width and height have other proportions than the picture;
    otherwise it stays, and the picture is at least so large."""

    second_upscaler: UpscalerName | None = None
    """Another upscaler, whose picture is laid over the first one's."""

    second_visibility: Share = 0.0
    """How much is seen of the second upscaler's picture: 0 is nothing, 1 is it alone."""

    def __post_init__(self) -> None:
        """Settle the names, then refuse what enlarges no picture."""
        for field in ("upscaler", "second_upscaler"):
            if (name := getattr(self, field)) is not None:
                object.__setattr__(self, field, picture_upscaler_id(name, field))
        if self.init is not None:
            self._check_size(self.init.width, self.init.height)

    @property
    def model(self) -> str:
        """No diffusion model."""
        return ""

    @property
    def batch(self) -> int:
        """One picture."""
        return 1

    @property
    def stem(self) -> str:
        """What the picture's file is called."""
        return "upscaled"

    def needs(self) -> Iterator[tuple[str, str]]:
        """Yield the kind and the name of each upscaler's file that it is carried out with."""
        yield from files(*(name for name, _ in self.mixed()))

    def mixed(self) -> Iterator[tuple[str, float]]:
        """Yield the upscalers, and how much is seen of each; together 1."""
        seen = self.second_visibility if self.second_upscaler else 0.0
        if seen < 1:
            yield self.upscaler, 1 - seen
        if self.second_upscaler and seen > 0:
            yield self.second_upscaler, seen

    def covering(self, width: int, height: int) -> tuple[int, int]:
        """Return the size that a picture is brought to, before anything is cut off.

        Args:
            width: of the picture.
            height: of the picture.
        """
        factor = max(self.width / width, self.height / height) or self.scale
        return max(1, round(width * factor)), max(1, round(height * factor))

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Return the size that a picture comes to in the end.

        Args:
            width: of the picture.
            height: of the picture.
        """
        across, down = self.covering(width, height)
        if not self.crop:
            return across, down
        return min(self.width or across, across), min(self.height or down, down)

    def resolved(self, draw: Callable[[], int]) -> Self:
        """Return the request: nothing in it is left to chance.

        Args:
            draw: is not called.

        Raises:
            RequestError: there is no picture to enlarge.
        """
        del draw
        if self.init is None:
            raise RequestError("init is missing; it must be the picture to enlarge")
        return self

    def alone(self, index: int) -> Self:
        """Return the request: it is for one picture.

        Args:
            index: 0.
        """
        assert index == 0, f"no picture {index} in a batch of 1"
        return self

    def _check_size(self, width: int, height: int) -> None:
        across, down = self.covering(width, height)
        if math.prod((across, down)) > MAX_PIXELS:
            raise RequestError(
                f"a picture of {width}x{height} would become one of {across}x{down}; "
                f"it must stay below {MAX_PIXELS // 2**20} megapixels"
            )
