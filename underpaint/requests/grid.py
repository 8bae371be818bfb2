"""What a grid of pictures is asked for with: AUTOMATIC1111's X/Y/Z plot.

A grid is a request over requests: a picture's request, and up to three axes along which a field of
it changes. Each picture is one that its own request paints alone, and all of them stand on a sheet.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Annotated, Self

from annotated_types import Interval
from pydantic.dataclasses import dataclass

from underpaint.errors import RequestError
from underpaint.requests import _axes
from underpaint.requests._axes import MOST, Axis
from underpaint.requests._fields import STRICT, Prompt
from underpaint.requests.image import ImageRequest

Margin = Annotated[int, Interval(ge=0, le=500)]
Pictures = Annotated[int, Interval(ge=0, le=MOST + 1)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class GridRequest(ImageRequest):
    """The pictures of a grid, and the sheet that shows them all.

    Raises:
        RequestError: a value, or what an axis makes of one, is outside what is allowed.
        UnknownEntryError: there is no such axis, sampler or schedule; lists those there are.
    """

    x: Prompt = ""
    """What changes from column to column, a field and its values: "steps: 10, 20, 40",
    "CFG Scale: 4-10 (+2)", "strength: 0-1 [5]", "Prompt S/R: cat, dog", "Checkpoint name: a, b"."""

    y: Prompt = ""
    """What changes from row to row, in the same words."""

    z: Prompt = ""
    """What changes from block to block of rows and columns, in the same words."""

    legend: bool = True
    """Write the values beside the pictures."""

    margin: Margin = 0
    """Pixels between the pictures of the sheet."""

    sheet_only: bool = False
    """Keep the sheet alone, and not each of its pictures besides."""

    batch: Pictures = 0
    """How many pictures there are; follows from the axes."""

    def __post_init__(self) -> None:
        """Count the pictures, and refuse a grid of which one cannot be painted."""
        super().__post_init__()
        cells = math.prod(self.shape)
        if cells > MOST:
            sides = " x ".join(map(str, self.shape))
            raise RequestError(
                f"the axes make {sides} = {cells} pictures; a grid has {MOST} at most"
            )
        object.__setattr__(self, "batch", 1 if self.sheet_only else cells + 1)
        for _ in self.cells():
            """Each is checked as it is made."""

    @property
    def axes(self) -> tuple[Axis | None, Axis | None, Axis | None]:
        """What changes from column to column, row to row and block to block."""
        return _axes.axis(self.x), _axes.axis(self.y), _axes.axis(self.z)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Numbers of columns, rows and blocks."""
        across, down, blocks = (len(axis.values) if axis else 1 for axis in self.axes)
        return across, down, blocks

    def cells(self) -> Iterator[ImageRequest]:
        """Yield the request of each picture: row by row, and block by block."""
        base, axes, shape = self._base(), self.axes, self.shape
        for index in range(math.prod(shape)):
            yield _at(base, axes, _place(index, shape))

    @property
    def stem(self) -> str:
        """What the name of the sheet's file says of it: the seed."""
        return f"grid{self.seed}"

    def needs(self) -> Iterator[tuple[str, str]]:
        """Yield the kind and the name of each file that a picture of it needs, each once."""
        yield from dict.fromkeys(need for cell in self.cells() for need in cell.needs())

    def resolved(self, draw: Callable[[], int]) -> Self:
        """Return the request with every seed of -1 drawn, on the axes too.

        Args:
            draw: gives a fresh random whole number at each call, of any size.
        """
        drawn = super().resolved(draw)
        names = ("x", "y", "z")
        texts = {
            name: axis.drawn(draw).text()
            for name, axis in zip(names, self.axes, strict=True)
            if axis and axis.field in _axes.SEEDS
        }
        return replace(drawn, **texts) if texts else drawn

    def alone(self, index: int) -> ImageRequest:
        """Return the request for picture `index` by itself; the sheet, the last, is a grid.

        Args:
            index: which picture, 0..batch - 1.
        """
        assert 0 <= index < self.batch, f"no picture {index} in a grid of {self.batch}"
        if index == self.batch - 1:
            return replace(self, sheet_only=True)
        return _at(self._base(), self.axes, _place(index, self.shape))

    def _base(self) -> ImageRequest:
        values = self.values()
        values["batch"] = 1
        return ImageRequest(**values)


def _place(index: int, shape: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return column, row and block of a picture."""
    across, down, _ = shape
    return index % across, index // across % down, index // (across * down)


def _at(base: ImageRequest, axes: tuple[Axis | None, ...], place: tuple[int, ...]) -> ImageRequest:
    """Return what is painted at a place: the axes change the request one after the other."""
    for axis, index in zip(axes, place, strict=True):
        if axis is not None:
            base = axis.change(base, axis.values[index])
    return base
