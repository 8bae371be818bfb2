"""What a picture is painted on: the init picture and the mask as the painting needs them."""

from dataclasses import dataclass

from underpaint.media import Image
from underpaint.pipelines import _filling, _pixels
from underpaint.pipelines._placing import Box, placed, region
from underpaint.requests.image import ImageRequest


@dataclass(frozen=True, slots=True)
class Paper:
    """What is painted on, and what the painted is put into.

    Attributes:
        sketch: what painting starts from, RGB at the size asked for; None = from noise alone.
        repaint: where to paint it anew, grey and as large, 0 = keep; None = everywhere.
        whole: the picture that the painted is put into, RGB; the sketch, or more of it.
        share: how far to take the painted at each pixel of the whole; 0 keeps it to the last bit.
        part: which part of the whole the sketch is; None = all of it.
    """

    sketch: Image | None = None
    repaint: Image | None = None
    whole: Image | None = None
    share: Image | None = None
    part: Box | None = None

    @classmethod
    def of(cls, request: ImageRequest) -> "Paper":
        """Return the paper of a request; what is transparent in its init picture is white."""
        if request.init is None:
            return cls()
        size, init = (request.width, request.height), request.init.rgb()
        if request.mask is None:
            return cls(placed(init, request.resize, *size))

        whole = init if request.only_masked else placed(init, request.resize, *size)
        mask = placed(
            request.mask,
            request.resize,
            *(whole.width, whole.height),
            scale=_pixels.fitted,
        )
        mask = _pixels.inverted(mask) if request.mask_invert else mask
        share = _filling.softened(mask, request.mask_blur)
        if not request.only_masked:
            return cls(whole, mask, whole, share)

        part = region(mask, *size, padding=request.mask_padding)
        sketch = placed(part.cut(whole), "fill", *size)
        repaint = placed(part.cut(mask), "fill", *size, scale=_pixels.fitted)
        return cls(sketch, repaint, whole, share, part)

    def begun(self, *, fill: bool) -> Image | None:
        """Return the picture whose latent painting starts from.

        Args:
            fill: with the colours around in place of what is repainted.
        """
        if self.sketch is None or self.repaint is None or not fill:
            return self.sketch
        return _filling.filled(self.sketch, self.repaint)

    def finished(self, painted: Image) -> Image:
        """Return what was painted, put where it belongs.

        Args:
            painted: RGB, at the size asked for.
        """
        if self.whole is None or self.share is None:
            return painted
        if self.part is not None:
            back = placed(painted, "crop", self.part.width, self.part.height)
            painted = self.part.put(back, self.whole)
        return _pixels.pasted(self.whole, painted, self.share)
