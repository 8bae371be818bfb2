"""A control picture by the name of what makes it."""

from underpaint import catalog
from underpaint.media import Image
from underpaint.requests._preprocessors import PREPROCESSORS, settings


def made(picture: Image, preprocessor: str, *thresholds: float | None) -> Image:
    """Return the control picture of a picture, RGB and as large.

    Args:
        picture: of any size.
        preprocessor: its id.
        *thresholds: its settings, in their order; None, or none given, is as usual.
    """
    known = settings(preprocessor)
    given = (*thresholds, *[None] * len(known))
    values = [
        setting.usual if value is None else value
        for setting, value in zip(known, given, strict=False)
    ]
    return catalog.entry(PREPROCESSORS, preprocessor).control(picture, *values)
