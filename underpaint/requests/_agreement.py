"""What fields of a picture's request must agree on, where each by itself may be anything."""

from underpaint.errors import RequestError
from underpaint.media import Image
from underpaint.requests._repainting import Content, Resize


def check_mask(*, masked: bool, init: bool) -> None:
    """Refuse a mask over nothing.

    Raises:
        RequestError: there is a mask and no picture to repaint.
    """
    if masked and not init:
        raise RequestError("mask is given without init; give the picture to repaint as init")


def check_placing(resize: Resize, content: Content, own_size: str) -> None:
    """Refuse ways to bring an init picture to size that the rest of the request rules out.

    Args:
        resize: how the picture comes to its size.
        content: what painting starts from under the mask.
        own_size: the field that lets the picture keep its own size; "" where it comes to another.

    Raises:
        RequestError: two of them exclude each other.
    """
    if own_size and resize != "stretch":
        raise RequestError(
            f"resize is {resize!r}; with {own_size} the init picture keeps its size, "
            "so it must be 'stretch'"
        )
    if resize == "latent" and content in ("fill", "shaped"):
        raise RequestError(
            f"mask_content is {content!r}, which needs the picture that resize 'latent' skips; "
            "change one of the two"
        )


def check_sketch(original: Image | None, init: Image | None) -> None:
    """Refuse a picture from before strokes that is not the one with them, but for the strokes.

    Args:
        original: the picture before.
        init: the picture with strokes on it.

    Raises:
        RequestError: there is no picture with strokes, or it is of another size.
    """
    if original is None:
        return
    if init is None:
        raise RequestError("original is given without init; give the picture with strokes as init")
    before, after = (f"{picture.width}x{picture.height}" for picture in (original, init))
    if before != after:
        raise RequestError(f"original is {before} and init is {after}; they must be of one size")


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
