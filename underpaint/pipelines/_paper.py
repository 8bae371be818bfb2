"""What a picture is painted on: the init picture and the mask as the painting needs them."""

from dataclasses import dataclass, replace

import numpy

from underpaint.media import Image
from underpaint.pipelines import _filling, _pixels
from underpaint.pipelines._outpainting import Margins
from underpaint.pipelines._placing import Box, Scale, placed, region
from underpaint.pipelines._shaping import shaped
from underpaint.pipelines._sketching import sketched
from underpaint.requests._repainting import Content
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
    def of(cls, request: ImageRequest, scale: Scale = Image.resized) -> "Paper":
        """Return the paper of a request; what is transparent in its init picture is white.

        Args:
            request: of pictures.
            scale: brings its init picture, or a part of it, to the size asked for.
        """
        if request.init is None:
            return cls()
        size, (init, mask) = (request.width, request.height), _given(request, request.init.rgb())
        if mask is None:
            return cls(placed(init, request.resize, *size, scale=scale))

        grows = any(Margins.of(request))
        own_size = request.only_masked or grows
        whole = init if own_size else placed(init, request.resize, *size, scale=scale)
        mask = placed(mask, request.resize, whole.width, whole.height, scale=_pixels.fitted)
        share = _filling.softened(mask, request.mask_blur)
        if not own_size:
            return cls(whole, mask, whole, share)

        part = Box(0, 0, whole.width, whole.height)
        if request.only_masked:
            part = region(mask, *size, padding=request.mask_padding)
        sketch = placed(part.cut(whole), "fill", *size, scale=scale)
        repaint = placed(part.cut(mask), "fill", *size, scale=_pixels.fitted)
        return cls(sketch, repaint, whole, share, part)

    def begun(self, content: Content) -> Image | None:
        """Return the picture whose latent painting starts from.

        Args:
            content: what is in place of what is repainted.
        """
        filling = {"fill": _filling.filled, "shaped": shaped}.get(content)
        if self.sketch is None or self.repaint is None or filling is None:
            return self.sketch
        return filling(self.sketch, self.repaint)

    @property
    def softly(self) -> Image | None:
        """How far to repaint each pixel of the sketch, faded edges and all; None = everywhere."""
        if self.sketch is None or self.share is None:
            return None
        share = self.share if self.part is None else self.part.cut(self.share)
        return placed(share, "fill", self.sketch.width, self.sketch.height, scale=_pixels.fitted)

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

    def sharing(self, share: Image) -> "Paper":
        """Return the paper with another share, which takes nothing that this one keeps.

        Args:
            share: grey, at the size asked for; 0 = keep.
        """
        if self.whole is None or self.share is None:
            return self
        if self.part is not None:
            size = self.part.width, self.part.height
            back = placed(share, "crop", *size, scale=_pixels.fitted)
            share = self.part.put(back, self.share)
        kept = self.share.array() == 0
        return replace(self, share=Image.of(numpy.where(kept, numpy.uint8(0), share.array())))


def _given(request: ImageRequest, init: Image) -> tuple[Image, Image | None]:
    """Return the picture and the mask that a request brings along, before they come to size.

    Args:
        request: what is asked for.
        init: its init picture, RGB.
    """
    mask = request.mask
    if mask is not None and request.mask_invert:
        mask = _pixels.inverted(mask.grey())
    if request.original is not None:
        original, blur = request.original.rgb(), request.mask_blur
        init, drawn = sketched(original, init, transparency=request.mask_transparency, blur=blur)
        mask = _joined(mask, drawn)
    margins = Margins.of(request)
    if any(margins):
        grown = margins.mask(init.width, init.height, seam=request.mask_blur)
        mask = mask and _grown(_pixels.fitted(mask, init.width, init.height), margins)
        init, mask = margins.extended(init), _joined(mask, grown)
    return init, mask


def _joined(mask: Image | None, other: Image) -> Image:
    """Return a mask that repaints what either of two does, at the size of the other."""
    if mask is None:
        return other
    levels = _pixels.fitted(mask, other.width, other.height).array()
    return Image.of(numpy.maximum(levels, other.array()))


def _grown(mask: Image, margins: Margins) -> Image:
    left, right, up, down = margins
    return Image.of(numpy.pad(mask.array(), ((up, down), (left, right))))
