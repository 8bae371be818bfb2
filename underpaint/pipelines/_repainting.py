"""What a mask does to painting, softly or not: which cells are painted, which pixels are taken."""

from dataclasses import dataclass

from torch import Tensor, nn

from underpaint.diffusion.inpainting import masked
from underpaint.diffusion.prediction import Denoiser
from underpaint.diffusion.soft_inpainting import Softness, softly_masked
from underpaint.media import Image
from underpaint.pipelines import _pixels, _softening
from underpaint.pipelines._paper import Paper
from underpaint.requests.image import ImageRequest


@dataclass(frozen=True, slots=True)
class Repainting:
    """How the pictures of a request are painted over what is known.

    Attributes:
        request: what is asked for.
        paper: what is painted on.
        known: its latent, (1, C, h, w).
        cells: which of them to repaint, (1, 1, h, w): 0 or 1, or between where that is soft;
            None = all.
    """

    request: ImageRequest
    paper: Paper
    known: Tensor
    cells: Tensor | None

    @classmethod
    def of(cls, request: ImageRequest, paper: Paper, known: Tensor) -> "Repainting":
        """Return how a request is painted."""
        return cls(request, paper, known, _cells(request, paper, known))

    def over(self, denoise: Denoiser) -> Denoiser:
        """Return a denoiser that knows what is kept."""
        if self.cells is None:
            return denoise
        if not self.request.soft:
            return masked(denoise, self.known, self.cells)
        names = "soft_bias", "soft_preservation", "soft_contrast"
        softness = Softness(*(getattr(self.request, name) for name in names))
        return softly_masked(denoise, self.known, self.cells, softness)

    def finished(self, painted: Image, latent: Tensor) -> Image:
        """Return what was painted, put where it belongs.

        Args:
            painted: RGB, at the size asked for.
            latent: of it, (1, C, h, w).
        """
        mask = self.paper.softly
        if mask is None or not self.request.soft:
            return self.paper.finished(painted)
        share = _softening.share(latent, self.known, mask, self.request)
        return self.paper.sharing(share).finished(painted)


def _cells(request: ImageRequest, paper: Paper, known: Tensor) -> Tensor | None:
    if paper.repaint is None or paper.softly is None:
        return None
    height, width = known.shape[2:]
    if not request.soft:
        return _pixels.cells(paper.repaint, height, width).to(known)
    shares = _pixels.shares(paper.softly)
    return nn.functional.adaptive_avg_pool2d(shares, (height, width)).to(known)
