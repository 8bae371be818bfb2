"""A picture that grows at its edges: what its new places show, and where it is painted."""

from typing import NamedTuple

import numpy

from underpaint.errors import RequestError
from underpaint.media import MAX_PIXELS, Image
from underpaint.requests.image import ImageRequest


class Margins(NamedTuple):
    """How many pixels a picture grows at each side."""

    left: int
    right: int
    up: int
    down: int

    @classmethod
    def of(cls, request: ImageRequest) -> "Margins":
        """Return what a request asks for."""
        return cls(
            request.extend_left, request.extend_right, request.extend_up, request.extend_down
        )

    def extended(self, picture: Image) -> Image:
        """Return a picture grown by these, going on with the colours of its edges.

        Raises:
            RequestError: there would be too many pixels.
        """
        width = picture.width + self.left + self.right
        height = picture.height + self.up + self.down
        if width * height > MAX_PIXELS:
            raise RequestError(
                f"a picture of {picture.width}x{picture.height} would grow to {width}x{height}; "
                f"it must stay below {MAX_PIXELS // 2**20} megapixels"
            )
        levels, sides = picture.array(), ((self.up, self.down), (self.left, self.right))
        rest = ((0, 0),) * (levels.ndim - 2)
        return Image.of(numpy.pad(levels, (*sides, *rest), mode="edge"))

    def mask(self, width: int, height: int, *, seam: int) -> Image:
        """Return where a grown picture is painted: in its new places, and in the seam.

        Args:
            width: of the picture before.
            height: of the picture before.
            seam: pixels of the old picture beside each edge that grows which are painted anew.

        Returns:
            Grey, of the size after, 255 = repaint, 0 = keep.
        """
        levels = numpy.zeros((height, width), numpy.uint8)
        levels[: seam if self.up else 0] = 255
        levels[height - (min(seam, height) if self.down else 0) :] = 255
        levels[:, : seam if self.left else 0] = 255
        levels[:, width - (min(seam, width) if self.right else 0) :] = 255
        sides = ((self.up, self.down), (self.left, self.right))
        return Image.of(numpy.pad(levels, sides, constant_values=255))
