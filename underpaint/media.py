"""What is painted, as values: a picture is its mode, its size, its bytes and the text it carries.

Every picture that comes from outside goes through `Image.decode`, which is bounded and raises
`MediaError` only, whatever the bytes are.
"""

import contextlib
import io
import os
import threading
import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Self, get_args

import numpy
import PIL.Image
import PIL.PngImagePlugin
from numpy.typing import NDArray

from underpaint.errors import MediaError

Mode = Literal["L", "RGB", "RGBA"]
Colour = tuple[int, int, int]

BLACK: Colour = (0, 0, 0)
WHITE: Colour = (255, 255, 255)

MAX_PIXELS = 64 * 2**20
MAX_BYTES = 256 * 2**20
MAX_TEXT = 2**20

_TEXT_IN_A_JPEG = 65_000

_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_CHANNELS: dict[str, int] = {"L": 1, "RGB": 3, "RGBA": 4}

_ORIENTATION, _EXIF_FOLDER, _USER_COMMENT = 0x0112, 0x8769, 0x9286
_UPRIGHT = {
    2: PIL.Image.Transpose.FLIP_LEFT_RIGHT,
    3: PIL.Image.Transpose.ROTATE_180,
    4: PIL.Image.Transpose.FLIP_TOP_BOTTOM,
    5: PIL.Image.Transpose.TRANSPOSE,
    6: PIL.Image.Transpose.ROTATE_270,
    7: PIL.Image.Transpose.TRANSVERSE,
    8: PIL.Image.Transpose.ROTATE_90,
}

# Silencing Pillow's warnings swaps the process's filters, which two threads must not do at once;
# and one decode at a time is what bounds the memory that hostile uploads can take.
_DECODING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Image:
    """A picture, as a value: equal pictures are equal and hash alike.

    Attributes:
        mode: "L" grey, "RGB" colour, "RGBA" colour with (not premultiplied) alpha; 8 bits each.
        width: pixels in a row, 1 or more.
        height: rows; width * height is at most 64 * 2**20.
        pixels: rows from the top, channels together; width * height * channels bytes.
        text: the "parameters" text that travels inside the file; "" for none, at most 1 MiB.

    Raises:
        MediaError: the parts do not fit each other or are outside these bounds.
    """

    mode: Mode
    width: int
    height: int
    pixels: bytes = field(repr=False)
    text: str = ""

    def __post_init__(self) -> None:
        """Refuse parts that do not make a picture."""
        if self.mode not in get_args(Mode):
            raise MediaError(f"mode is {self.mode!r}; it must be L, RGB or RGBA")
        _check_size(self.width, self.height)
        _check_text(self.text)
        expected = self.width * self.height * _CHANNELS[self.mode]
        if len(self.pixels) != expected:
            raise MediaError(
                f"{len(self.pixels)} bytes of pixels do not make a picture of "
                f"{self.width}x{self.height} in {self.mode}; it takes {expected}"
            )

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Self:
        """Return the picture in the file at `path`; see `decode`.

        Raises:
            MediaError: there is no such file, or it is not a picture; the sentence names it.
        """
        try:
            with Path(path).open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise MediaError(f"cannot read {os.fspath(path)!r}: {error.strerror}") from error
        except ValueError as error:  # a NUL in the name
            raise MediaError(f"cannot read {os.fspath(path)!r}: {error}") from error
        try:
            return cls.decode(data)
        except MediaError as error:
            raise MediaError(f"cannot read {os.fspath(path)!r}: {error}") from error

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Return the picture that `data`, a PNG, JPEG, WebP or GIF file, holds.

        The first frame of a moving picture; turned upright when EXIF says so; 16-bit channels cut
        to 8; palettes, CMYK and grey with alpha become RGB or RGBA; colour profiles are ignored.
        `text` is the PNG chunk `parameters` (InvokeAI's and NovelAI's have other names), the EXIF
        user comment, or the GIF comment.

        Raises:
            MediaError: no picture, a damaged one, or one above 256 MiB, 64 megapixels (checked
                before anything is decoded) or 1 MiB of text.
        """
        if len(data) > MAX_BYTES:
            raise MediaError(f"the file is larger than {MAX_BYTES // 2**20} MiB, the most there is")
        with _DECODING, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return cls._opened(data)
            except MediaError:
                raise
            except Exception as error:  # decoders of hostile bytes raise whatever they like
                raise MediaError(_reason(error, len(data))) from error

    @classmethod
    def _opened(cls, data: bytes) -> Self:
        """Return the picture in `data`, raising whatever Pillow raises."""
        _check_size(*_canvas_of_webp(data))
        with PIL.Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
            _check_size(*opened.size)
            opened.load()

            exif = _exif(opened)
            text = _text(opened, exif)
            image = _plain(opened)
            turn = _UPRIGHT.get(exif.get(_ORIENTATION, 1))
            return cls._from_pillow(image if turn is None else image.transpose(turn), text)

    @classmethod
    def of(cls, array: NDArray[numpy.uint8], text: str = "") -> Self:
        """Return the picture of `array`: uint8, (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA.

        Raises:
            MediaError: another type or shape.
        """
        modes: dict[tuple[int, ...], Mode] = {(): "L", (3,): "RGB", (4,): "RGBA"}
        mode = modes.get(array.shape[2:])
        if array.dtype != numpy.uint8 or array.ndim < 2 or mode is None:
            raise MediaError(
                f"an array of {array.dtype} {array.shape} is no picture; "
                "it must be uint8 (H, W), (H, W, 3) or (H, W, 4)"
            )
        return cls(mode, array.shape[1], array.shape[0], array.tobytes(), text)

    def array(self) -> NDArray[numpy.uint8]:
        """Return a fresh uint8 array, (H, W) for grey and (H, W, channels) otherwise."""
        channels = () if self.mode == "L" else (_CHANNELS[self.mode],)
        flat = numpy.frombuffer(self.pixels, numpy.uint8)
        return flat.reshape(self.height, self.width, *channels).copy()

    def png(self) -> bytes:
        """Return a PNG file of exactly these pixels, with `text` as its chunk `parameters`."""
        chunks = PIL.PngImagePlugin.PngInfo()
        if self.text:
            chunks.add_text("parameters", self.text)
        file = io.BytesIO()
        self._pillow().save(file, "PNG", pnginfo=chunks)
        return file.getvalue()

    def jpeg(self, quality: int = 80) -> bytes:
        """Return a JPEG file, on white where it is transparent, `text` as EXIF user comment.

        Args:
            quality: 1 (small) to 100 (near the pixels).

        Raises:
            MediaError: more text than the format holds, about 32,000 letters.
        """
        if len(self.text.encode("utf-16-be")) > _TEXT_IN_A_JPEG:
            raise MediaError(
                f"the text has {len(self.text)} letters; a JPEG holds {_TEXT_IN_A_JPEG // 2}"
            )
        return self.rgb()._with_comment("JPEG", quality)

    def webp(self, quality: int = 80) -> bytes:
        """Return a WebP file with `text` as its EXIF user comment.

        Args:
            quality: 1 (small) to 100 (near the pixels).
        """
        return self._with_comment("WEBP", quality)

    def _with_comment(self, kind: str, quality: int) -> bytes:
        exif = PIL.Image.Exif()
        if self.text:
            comment = b"UNICODE\0" + self.text.encode("utf-16-be")
            exif.get_ifd(_EXIF_FOLDER)[_USER_COMMENT] = comment
        file = io.BytesIO()
        self._pillow().save(file, kind, quality=quality, exif=exif)
        return file.getvalue()

    def resized(self, width: int, height: int) -> Self:
        """Return the picture scaled (Lanczos) to `width` x `height` pixels.

        Raises:
            MediaError: a side below 1, or more than 64 megapixels.
        """
        _check_size(width, height)
        if (width, height) == (self.width, self.height):
            return self
        resized = self._pillow().resize((width, height), PIL.Image.Resampling.LANCZOS)
        return self._from_pillow(resized, self.text)

    def rgb(self, background: Colour = WHITE) -> Self:
        """Return the picture in RGB, laid on `background` where it is transparent."""
        if self.mode == "RGB":
            return self
        image = self._pillow()
        if self.mode == "RGBA":
            paper = PIL.Image.new("RGBA", image.size, (*background, 255))
            image = PIL.Image.alpha_composite(paper, image)
        return self._from_pillow(image.convert("RGB"), self.text)

    def grey(self, background: Colour = BLACK) -> Self:
        """Return the picture in grey (ITU-R 601 luma).

        Grey pictures are masks here, and what is transparent in a mask was not painted: hence
        black, "keep", as the `background`.
        """
        if self.mode == "L":
            return self
        return self._from_pillow(self.rgb(background)._pillow().convert("L"), self.text)

    def with_text(self, text: str) -> Self:
        """Return the same picture carrying `text`.

        Raises:
            MediaError: more than 1 MiB.
        """
        return replace(self, text=text)

    def _pillow(self) -> PIL.Image.Image:
        return PIL.Image.frombytes(self.mode, (self.width, self.height), self.pixels)

    @classmethod
    def _from_pillow(cls, image: PIL.Image.Image, text: str) -> Self:
        mode: Mode = "L" if image.mode == "L" else "RGBA" if image.mode == "RGBA" else "RGB"
        return cls(mode, image.width, image.height, image.tobytes(), text)


def _check_size(width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise MediaError(f"a picture cannot be {width}x{height}; its sides must be 1 or more")
    if width * height > MAX_PIXELS:
        raise MediaError(
            f"a picture of {width}x{height} is too large; "
            f"it must have at most {MAX_PIXELS // 2**20} megapixels"
        )


def _check_text(text: str) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise MediaError("the text for the picture is not valid Unicode") from error
    if size > MAX_TEXT:
        raise MediaError(f"the picture carries {size} bytes of text; at most {MAX_TEXT} are kept")


def _canvas_of_webp(data: bytes) -> tuple[int, int]:
    """Return the size a WebP header declares, (1, 1) when `data` is no WebP.

    Pillow makes room for the whole canvas while it opens a WebP, before its size can be asked for.
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < 30:
        return 1, 1
    if data[12:16] == b"VP8X":
        return (
            1 + int.from_bytes(data[24:27], "little"),
            1 + int.from_bytes(data[27:30], "little"),
        )
    packed = int.from_bytes(data[21:25] if data[12:16] == b"VP8L" else data[26:30], "little")
    if data[12:16] == b"VP8L":
        return 1 + (packed & 0x3FFF), 1 + (packed >> 14 & 0x3FFF)
    return max(1, packed & 0x3FFF), max(1, packed >> 16 & 0x3FFF)


def _plain(image: PIL.Image.Image) -> PIL.Image.Image:
    """Return `image` in one of our three modes."""
    if image.mode.startswith("I"):
        return PIL.Image.fromarray((numpy.asarray(image) >> 8).clip(0, 255).astype(numpy.uint8))
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _exif(image: PIL.Image.Image) -> PIL.Image.Exif:
    """Return the picture's EXIF data; empty when there is none or it is damaged.

    A camera's broken notes are no reason to refuse its picture.
    """
    with contextlib.suppress(Exception):
        exif = image.getexif()
        exif.get_ifd(_EXIF_FOLDER)
        return exif
    return PIL.Image.Exif()


def _text(image: PIL.Image.Image, exif: PIL.Image.Exif) -> str:
    """Return the generation text inside `image`, "" for none."""
    for value in (
        image.info.get("parameters"),
        image.info.get("invokeai_metadata"),
        image.info.get("Comment") if "Source" in image.info else None,  # NovelAI's
        exif.get_ifd(_EXIF_FOLDER).get(_USER_COMMENT),
        image.info.get("comment") if image.format == "GIF" else None,
    ):
        if isinstance(value, bytes | str) and value:
            return _decoded_text(value)
    return ""


def _decoded_text(value: bytes | str) -> str:
    """Return a text chunk or an EXIF user comment (8 bytes that name its alphabet, then text)."""
    _check_length(value)
    if isinstance(value, str):
        return value
    if not value.startswith(b"UNICODE\0"):
        return value.removeprefix(b"ASCII\0\0\0").decode(errors="replace").rstrip("\0")

    # The standard leaves the byte order open and writers differ; the right one reads as letters.
    readings = (value[8:].decode(order, "replace") for order in ("utf-16-be", "utf-16-le"))
    return max(readings, key=lambda text: sum(character < "\u0250" for character in text))


def _check_length(value: bytes | str) -> None:
    if len(value) > MAX_TEXT:
        raise MediaError(
            f"the picture carries {len(value)} bytes of text; at most {MAX_TEXT} are read"
        )


def _reason(error: Exception, size: int) -> str:
    """Return one sentence for what Pillow says about `size` bytes that it cannot read."""
    if isinstance(error, PIL.UnidentifiedImageError):
        return f"these {size} bytes are not a picture; give a PNG, JPEG, WebP or GIF file"
    if isinstance(error, PIL.Image.DecompressionBombError):
        return f"the picture is too large; it must have at most {MAX_PIXELS // 2**20} megapixels"
    if isinstance(error, MemoryError):
        return "there is not enough memory to decode the picture"
    words = " ".join(str(error).split()) or type(error).__name__
    return f"the picture is damaged and cannot be decoded ({words[:200]})"
