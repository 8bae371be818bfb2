"""What fields of a picture's request must agree on, where each by itself may be anything."""

from underpaint.errors import RequestError
from underpaint.requests._repainting import Content, Resize


def check_mask(*, masked: bool, init: bool) -> None:
    """Refuse a mask over nothing.

    Raises:
        RequestError: there is a mask and no picture to repaint.
    """
    if masked and not init:
        raise RequestError("mask is given without init; give the picture to repaint as init")


def check_placing(resize: Resize, content: Content, *, only_masked: bool) -> None:
    """Refuse ways to bring an init picture to size that the rest of the request rules out.

    Args:
        resize: how the picture comes to its size.
        content: what painting starts from under the mask.
        only_masked: only what is masked is painted.

    Raises:
        RequestError: two of them exclude each other.
    """
    if only_masked and resize != "stretch":
        raise RequestError(
            f"resize is {resize!r}; with only_masked the init picture keeps its size, "
            "so it must be 'stretch'"
        )
    if resize == "latent" and content == "fill":
        raise RequestError(
            "mask_content is 'fill', which needs the picture that resize 'latent' skips; "
            "change one of the two"
        )


def check_levels(least: float, most: float) -> None:
    """Refuse a schedule whose lowest noise level is not below its highest.

    Args:
        least: the lowest; 0 is the model's own.
        most: the highest; 0 is the model's own.

    Raises:
        RequestError: it is not.
    """
    if most and least >= most:
        raise RequestError(f"sigma_min is {least:g}; it must be below sigma_max, which is {most:g}")


def check_model(name: str) -> None:
    """Refuse a model without a name.

    Raises:
        RequestError: `name` is empty.
    """
    if not name:
        raise RequestError("model is ''; it must be the name of a model")
