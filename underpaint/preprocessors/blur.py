"""A picture smoothed, for ControlNets that lead by colours or by tiles."""

from underpaint.media import Image
from underpaint.preprocessors import _filters

LABEL = "blur_gaussian"
ALIASES = ("gaussian_blur",)
SETTINGS = (("Sigma", 9.0, 0.01, 64.0),)


def control(picture: Image, sigma: float) -> Image:
    """Return the picture smoothed by a Gaussian, RGB.

    Args:
        picture: of any size.
        sigma: its width in pixels, above 0.
    """
    return _filters.picture(_filters.blurred(_filters.levels(picture), sigma))
