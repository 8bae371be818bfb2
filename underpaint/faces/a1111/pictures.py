"""Pictures as A1111's clients send and take them: base64, bare or in a data URI."""

import base64
import binascii
import math
import re
from collections.abc import Mapping, Sequence

import numpy

from underpaint.errors import MediaError, RequestError
from underpaint.media import Image

MAX_ENCODED = 20 * 2**20

_DATA_URI = re.compile(r"data:[\w/+.;=-]{0,80},")
_OPAQUE = 255


def decoded(text: str, field: str) -> Image:
    """Return the picture in base64; line breaks, the web's alphabet and absent padding are fine.

    Args:
        text: the base64, or a data URI; addresses on the network are not looked up.
        field: what to call it when it is none.

    Raises:
        RequestError: it is no picture, or above 20 MiB.
    """
    if text[:8].lower().startswith(("http://", "https://", "file:", "ftp:")):
        raise RequestError(f"{field} is an address; send the picture itself in base64")
    data_uri = _DATA_URI.match(text[:100])
    bare = "".join(text[data_uri.end() if data_uri else 0 :].split())
    if len(bare) * 3 // 4 > MAX_ENCODED:
        raise RequestError(f"{field} is larger than {MAX_ENCODED // 2**20} MiB, the most there is")

    bare = bare.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        data = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
        return Image.decode(data)
    except (binascii.Error, ValueError) as error:
        raise RequestError(f"{field} is not a picture in base64: {error}") from error
    except MediaError as error:
        raise RequestError(f"{field} cannot be used: {error}") from error


def encoded(picture: Image, settings: Mapping[str, object]) -> str:
    """Return a picture in base64 without prefix, in the format of the options, its text inside."""
    quality = int(str(settings["jpeg_quality"]))
    match settings["samples_format"]:
        case "jpg" | "jpeg":
            data = picture.jpeg(quality)
        case "webp":
            data = picture.webp(quality)
        case _:
            data = picture.png()
    return base64.b64encode(data).decode()


def data_uri(picture: Image) -> str:
    """Return a picture as a data URI, small: a JPEG."""
    return f"data:image/jpeg;base64,{base64.b64encode(picture.jpeg(75)).decode()}"


def colour(text: object) -> tuple[int, int, int]:
    """Return the colour that "#rrggbb" names.

    Raises:
        RequestError: it names none.
    """
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", str(text)):
        raise RequestError(f"img2img_background_color is {str(text)[:60]!r}; it must be #rrggbb")
    red, green, blue = bytes.fromhex(str(text)[1:])
    return red, green, blue


def mask(picture: Image) -> Image:
    """Return a mask as we take it: grey, white where to repaint.

    Args:
        picture: one with transparent places is white where it is opaque, as drawing programs
            send selections; any other is white where it is bright.
    """
    if picture.mode == "RGBA":
        alpha = picture.array()[..., 3]
        if (alpha < _OPAQUE).any():
            return Image.of(numpy.where(alpha > 128, _OPAQUE, 0).astype(numpy.uint8))
    return picture.grey()


def grid(pictures: Sequence[Image]) -> Image:
    """Return pictures of one size side by side in rows, about as many rows as columns."""
    rows = max(1, math.isqrt(len(pictures)))
    columns = math.ceil(len(pictures) / rows)
    height, width = pictures[0].height, pictures[0].width
    paper = numpy.zeros((rows * height, columns * width, 3), numpy.uint8)
    for place, picture in enumerate(pictures):
        top, left = place // columns * height, place % columns * width
        paper[top : top + height, left : left + width] = picture.rgb().array()
    return Image.of(paper, pictures[0].text)
