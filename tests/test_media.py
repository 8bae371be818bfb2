"""Pictures: what comes out is right, or a `MediaError` in one sentence, whatever goes in."""

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy
import PIL.Image
import PIL.PngImagePlugin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from underpaint.errors import MediaError
from underpaint.media import MAX_TEXT, Image

Pillow = PIL.Image.Image

EXIF_FOLDER, USER_COMMENT, ORIENTATION = 0x8769, 0x9286, 0x0112


def file_of(image: Pillow, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def colours(width: int = 24, height: int = 16, mode: str = "RGB") -> Pillow:
    """A picture no two corners of which are alike."""
    y, x = numpy.mgrid[0:height, 0:width]
    channels = (x * 255 // width, y * 255 // height, (x + y) % 256, 255 - x * 255 // width)
    return PIL.Image.fromarray(numpy.stack(channels, -1).astype(numpy.uint8), "RGBA").convert(mode)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_of(width: int, height: int, depth: int, colour: int, data: bytes, *more: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            header,
            *more,
            chunk(b"IDAT", zlib.compress(data)),
            chunk(b"IEND", b""),
        )
    )


@pytest.fixture(scope="module", params=["PNG", "JPEG", "WEBP", "GIF"])
def whole(request: pytest.FixtureRequest) -> bytes:
    return file_of(colours(), request.param)


def refused(data: bytes) -> str:
    with pytest.raises(MediaError) as caught:
        Image.decode(data)
    sentence = str(caught.value)
    assert sentence
    assert "\n" not in sentence
    return sentence


# --- the value


@given(st.data(), st.sampled_from(["L", "RGB", "RGBA"]), st.text(max_size=40))
@settings(max_examples=60, deadline=None)
def test_png_round_trip_is_exact(data: st.DataObject, mode: str, text: str) -> None:
    width, height = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 9))
    size = width * height * {"L": 1, "RGB": 3, "RGBA": 4}[mode]
    pixels = data.draw(st.binary(min_size=size, max_size=size))
    picture = Image(mode, width, height, pixels, text)  # type: ignore[arg-type]
    again = Image.decode(picture.png())
    assert again == picture
    assert hash(again) == hash(picture)


@pytest.mark.parametrize("shape", [(3, 5), (3, 5, 3), (3, 5, 4)])
def test_array_round_trip(shape: tuple[int, ...]) -> None:
    array = numpy.arange(numpy.prod(shape), dtype=numpy.uint8).reshape(shape)
    picture = Image.of(array)
    assert (picture.width, picture.height) == (5, 3)
    assert numpy.array_equal(picture.array(), array)
    picture.array()[:] = 0
    assert numpy.array_equal(picture.array(), array)


@pytest.mark.parametrize(
    "array",
    [numpy.zeros((2, 2)), numpy.zeros(4, numpy.uint8), numpy.zeros((2, 2, 2), numpy.uint8)],
)
def test_other_arrays_are_refused(array: numpy.ndarray) -> None:
    with pytest.raises(MediaError, match="uint8"):
        Image.of(array)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (("L", 2, 2, b"123"), "takes 4"),
        (("CMYK", 1, 1, b"1234"), "RGBA"),
        (("L", 0, 2, b""), "1 or more"),
        (("L", 9000, 9000, b""), "64 megapixels"),
        (("L", 1, 1, b"1", "\ud800"), "Unicode"),
        (("L", 1, 1, b"1", "x" * (MAX_TEXT + 1)), "at most 1048576"),
    ],
)
def test_parts_that_do_not_fit_are_refused(parts: tuple, words: str) -> None:
    with pytest.raises(MediaError, match=words):
        Image(*parts)


def test_repr_leaves_the_pixels_out() -> None:
    assert len(repr(Image("L", 64, 64, bytes(4096)))) < 100


def test_resized_and_text() -> None:
    picture = Image.decode(file_of(colours(), "PNG")).with_text("hello")
    half = picture.resized(12, 8)
    assert (half.width, half.height, half.text) == (12, 8, "hello")
    assert picture.resized(24, 16) is picture
    with pytest.raises(MediaError, match="too large"):
        picture.resized(100_000, 100_000)


def test_resizing_does_not_bleed_hidden_colour() -> None:
    array = numpy.zeros((8, 8, 4), numpy.uint8)
    array[:, :4] = (255, 0, 0, 255)
    array[:, 4:] = (0, 255, 0, 0)
    resized = Image.of(array).resized(16, 16).array()
    visible = resized[resized[..., 3] > 8]
    assert visible[:, 1].max() == 0


def test_transparency_is_laid_on_a_background() -> None:
    clear = Image("RGBA", 1, 1, bytes((9, 9, 9, 0)))
    assert clear.rgb().pixels == b"\xff\xff\xff"
    assert clear.rgb((1, 2, 3)).pixels == b"\x01\x02\x03"
    assert clear.grey().pixels == b"\0"
    solid = Image("RGBA", 1, 1, bytes((9, 8, 7, 255)))
    assert solid.rgb().pixels == bytes((9, 8, 7))
    assert Image("L", 1, 1, b"\x05").rgb().pixels == b"\x05\x05\x05"
    assert Image("RGB", 1, 1, b"\x05\x05\x05").grey() == Image("L", 1, 1, b"\x05")


# --- files of every kind


def test_formats_are_told_by_their_bytes(whole: bytes) -> None:
    picture = Image.decode(whole)
    assert (picture.width, picture.height) == (24, 16)
    difference = picture.rgb().array().astype(int) - numpy.asarray(colours())
    assert abs(difference).mean() < 25


@pytest.mark.parametrize(
    ("image", "mode"),
    [
        (colours(mode="L"), "L"),
        (colours(mode="1"), "L"),
        (colours(mode="LA"), "RGBA"),
        (colours(mode="RGBA"), "RGBA"),
        (colours().convert("P"), "RGB"),
    ],
)
def test_modes_become_ours(image: Pillow, mode: str) -> None:
    picture = Image.decode(file_of(image, "PNG"))
    assert picture.mode == mode
    assert picture.pixels == image.convert(mode).tobytes()


def test_cmyk_becomes_rgb() -> None:
    picture = Image.decode(file_of(PIL.Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG"))
    red, green, blue = picture.array()[4, 4]
    assert picture.mode == "RGB"
    assert red > 240
    assert max(green, blue) < 15


def test_sixteen_bit_grey_keeps_its_range() -> None:
    values = numpy.array([[0, 255, 256, 32768, 65535]], ">u2")
    picture = Image.decode(png_of(5, 1, 16, 0, b"\0" + values.tobytes()))
    assert picture == Image("L", 5, 1, bytes((0, 0, 1, 128, 255)))


@pytest.mark.parametrize(("colour", "channels"), [(2, 3), (4, 2), (6, 4)])
def test_sixteen_bit_colour_keeps_its_range(colour: int, channels: int) -> None:
    values = numpy.array([0x12FF, 0x80FF, 0xFFFF, 0xC0FF][-channels:], ">u2")
    picture = Image.decode(png_of(1, 1, 16, colour, b"\0" + values.tobytes()))
    high = [int(value) >> 8 for value in values]
    assert list(picture.pixels) == ([high[0]] * 3 + high[1:] if channels == 2 else high)


def test_transparent_colours_and_palettes() -> None:
    clear = chunk(b"tRNS", struct.pack(">HHH", 1, 2, 3))
    keyed = Image.decode(png_of(2, 1, 8, 2, b"\0\1\2\3\4\5\6", clear))
    assert keyed.array().tolist() == [[[1, 2, 3, 0], [4, 5, 6, 255]]]
    palette = chunk(b"PLTE", bytes((10, 20, 30, 40, 50, 60))), chunk(b"tRNS", b"\x80")
    indexed = Image.decode(png_of(2, 1, 8, 3, b"\0\0\1", *palette))
    assert indexed.array().tolist() == [[[10, 20, 30, 128], [40, 50, 60, 255]]]
    grey = chunk(b"tRNS", struct.pack(">H", 7))
    assert Image.decode(png_of(2, 1, 8, 0, b"\0\7\x09", grey)).array()[0, :, 3].tolist() == [0, 255]
    deep = chunk(b"tRNS", struct.pack(">HHH", 1, 2, 65535))
    Image.decode(png_of(1, 1, 16, 2, b"\0" + bytes(6), deep))


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_moving_pictures_give_their_first_frame(kind: str) -> None:
    frames = [PIL.Image.new("RGB", (20, 10), colour) for colour in ("red", "lime", "blue")]
    data = file_of(frames[0], kind, save_all=True, append_images=frames[1:], lossless=True)
    assert Image.decode(data).rgb() == Image("RGB", 20, 10, frames[0].tobytes())


def test_photographs_with_a_second_view_give_the_first() -> None:
    views = [colours(), PIL.Image.new("RGB", (24, 16))]
    both = file_of(views[0], "MPO", save_all=True, append_images=views[1:])
    assert Image.decode(both) == Image.decode(file_of(views[0], "JPEG"))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_upright(kind: str, orientation: int) -> None:
    exif = PIL.Image.Exif()
    exif[ORIENTATION] = orientation
    upright = colours().resize((48, 32))
    undo = {5: 5, 6: 8, 7: 7, 8: 6}.get(orientation, orientation)
    turns = [None, None, 0, 3, 1, 5, 4, 6, 2]  # Transpose values by EXIF orientation
    stored = upright if undo == 1 else upright.transpose(PIL.Image.Transpose(turns[undo]))
    options = {"lossless": True} if kind == "WEBP" else {}
    picture = Image.decode(file_of(stored, kind, exif=exif, **options))
    assert (picture.width, picture.height) == upright.size
    difference = picture.array().astype(int) - numpy.asarray(upright)
    assert abs(difference).mean() < 6


# --- the text inside


@pytest.mark.parametrize("text", ["steps: 20, x", "日本 🍌\nline", "é\n", "a\0b"])
def test_png_text_is_read(text: str) -> None:
    chunks = PIL.PngImagePlugin.PngInfo()
    chunks.add_text("Software", "other")
    chunks.add_itxt("parameters", text, zip=True) if "\0" not in text else chunks.add_text(
        "parameters", text
    )
    assert Image.decode(file_of(colours(), "PNG", pnginfo=chunks)).text == text


@pytest.mark.parametrize(
    ("chunks", "text"),
    [
        ({"invokeai_metadata": "{}"}, "{}"),
        ({"Source": "NovelAI Diffusion V3", "Comment": "{}"}, "{}"),
        ({"Comment": "Created with GIMP"}, ""),
        ({"invokeai_metadata": "{}", "parameters": "a cat"}, "a cat"),
    ],
)
def test_texts_of_other_programs_are_found(chunks: dict[str, str], text: str) -> None:
    info = PIL.PngImagePlugin.PngInfo()
    for name, value in chunks.items():
        info.add_text(name, value)
    assert Image.decode(file_of(colours(), "PNG", pnginfo=info)).text == text


def test_png_text_behind_the_pixels_is_read() -> None:
    data = file_of(colours(), "PNG")
    late = data[:-12] + chunk(b"tEXt", b"parameters\0late") + data[-12:]
    assert Image.decode(late).text == "late"


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
@pytest.mark.parametrize(
    ("comment", "text"),
    [
        (b"UNICODE\0" + "a cat, 猫\nSteps: 3".encode("utf-16-be"), "a cat, 猫\nSteps: 3"),
        (b"UNICODE\0" + "a cat, 猫\nSteps: 3".encode("utf-16-le"), "a cat, 猫\nSteps: 3"),
        (b"ASCII\0\0\0plain", "plain"),
        (b"", ""),
    ],
)
def test_exif_comment_is_read(kind: str, comment: bytes, text: str) -> None:
    exif = PIL.Image.Exif()
    exif.get_ifd(EXIF_FOLDER)[USER_COMMENT] = comment
    assert Image.decode(file_of(colours(), kind, exif=exif)).text == text


def test_gif_comment_is_read() -> None:
    assert Image.decode(file_of(colours(), "GIF", comment=b"Steps: 3")).text == "Steps: 3"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_broken_exif_is_no_reason_to_refuse(kind: str) -> None:
    for exif in (
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0MM\0*\0\0\0\x08\0\x09" + b"\x87\x69" * 9,
    ):
        picture = Image.decode(file_of(colours(), kind, exif=exif))
        assert (picture.width, picture.height, picture.text) == (24, 16, "")


def test_too_much_text_is_refused() -> None:
    for words in (
        chunk(b"tEXt", b"parameters\0" + b"a" * (MAX_TEXT + 1)),
        chunk(b"zTXt", b"parameters\0\0" + zlib.compress(b"a" * (50 * MAX_TEXT))),
        chunk(b"iTXt", b"parameters\0\1\0\0\0" + zlib.compress(b"a" * (50 * MAX_TEXT))),
    ):
        refused(png_of(1, 1, 8, 0, b"\0\0", words))


# --- what cannot be read


def test_no_bytes_and_other_bytes_are_refused() -> None:
    assert refused(b"") == "these 0 bytes are not a picture; give a PNG, JPEG, WebP or GIF file"
    for data in (b"<html>", b"<svg/>", b"8BPS" + bytes(99), b"P6 9 9 255 ", bytes(10_000)):
        assert "not a picture" in refused(data)
    assert "not a picture" in refused(file_of(colours(), "BMP"))
    assert "not a picture" in refused(file_of(colours(), "TIFF"))


def vp8x(width: int, height: int) -> bytes:
    body = (
        struct.pack("<I", 0)
        + (width - 1).to_bytes(3, "little")
        + (height - 1).to_bytes(3, "little")
    )
    return b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<I", 10) + body


def huge() -> Iterator[bytes]:
    yield png_of(60_000, 60_000, 8, 2, bytes(9))
    yield png_of(8193, 8193, 8, 0, bytes(9))
    yield png_of(2**31 - 1, 2**31 - 1, 1, 0, bytes(9))
    yield vp8x(16_384, 16_384)
    yield b"RIFF\0\0\0\0WEBPVP8L\x09\0\0\0\x2f" + struct.pack("<I", 2**28 - 1) + bytes(9)
    gif = file_of(colours(), "GIF")
    yield gif[:6] + struct.pack("<HH", 65_535, 65_535) + gif[10:]
    jpeg = bytearray(file_of(colours(), "JPEG"))
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", 65_000, 65_000)
    yield bytes(jpeg)


@pytest.mark.parametrize("data", list(huge()), ids=range(7))
def test_huge_pictures_are_refused_by_their_header(data: bytes) -> None:
    assert "64 megapixels" in refused(data)


def test_no_truncation_gives_a_wrong_picture(whole: bytes) -> None:
    right = Image.decode(whole)
    complete = 0
    for length in range(len(whole)):
        try:
            complete += Image.decode(whole[:length]).rgb().pixels == right.rgb().pixels or 1000
        except MediaError as error:
            assert "\n" not in str(error)
    assert complete <= 20  # only checksums and the mark of the end may be missing


@pytest.mark.parametrize(
    ("kind", "options"),
    [("PNG", {}), ("JPEG", {"progressive": True}), ("WEBP", {"lossless": True}), ("GIF", {})],
)
def test_no_truncation_of_a_large_file_gives_a_wrong_picture(
    kind: str, options: dict[str, object]
) -> None:
    noise = numpy.random.default_rng(0).integers(0, 256, (160, 160, 3), numpy.uint8)
    data = file_of(PIL.Image.fromarray(noise), kind, **options)
    right = Image.decode(data)
    for length in range(0, len(data), 397):
        try:
            assert Image.decode(data[:length]) == right
        except MediaError as error:
            assert "\n" not in str(error)


@given(st.data(), st.sampled_from(["PNG", "JPEG", "WEBP", "GIF"]))
@settings(max_examples=150, deadline=None)
def test_damaged_files_raise_nothing_else(data: st.DataObject, kind: str) -> None:
    damaged = bytearray(file_of(colours(mode="P"), kind) if kind != "JPEG" else JPEG)
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        Image.decode(bytes(damaged))
    except MediaError as error:
        assert "\n" not in str(error)


@given(
    st.binary(max_size=200), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8"])
)
@settings(max_examples=150, deadline=None)
def test_any_bytes_raise_nothing_else(data: bytes, start: bytes) -> None:
    try:
        Image.decode(start + data)
    except MediaError as error:
        assert "\n" not in str(error)


JPEG = file_of(
    colours(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"
)


def test_read_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "sketch.png"
    path.write_bytes(file_of(colours(), "PNG"))
    assert Image.read(path) == Image.read(str(path)) == Image.decode(path.read_bytes())
    path.write_bytes(b"")
    for wrong in (path, tmp_path / "none.png", tmp_path, f"{tmp_path}/a\0.png"):
        with pytest.raises(MediaError, match="cannot read '"):
            Image.read(wrong)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize("text", ["", "a fox, ß 狐 🦊\nSteps: 20"])
def test_smaller_files_carry_the_text_too(mode: str, text: str) -> None:
    levels = numpy.full((24, 40, 4), 200, numpy.uint8)
    picture = Image.of(levels, text)
    picture = {"L": picture.grey(), "RGB": picture.rgb(), "RGBA": picture}[mode]
    for data in (picture.jpeg(95), picture.webp(95)):
        back = Image.decode(data)
        assert (back.width, back.height, back.text) == (40, 24, text)
        close = abs(back.rgb().array().astype(int) - picture.rgb().array()) <= 3
        assert close.all()
    assert len(picture.jpeg(10)) < len(picture.png()) + 2000


def test_a_text_too_long_for_a_jpeg_is_refused() -> None:
    picture = Image.of(numpy.zeros((8, 8), numpy.uint8), "x" * 70_000)
    with pytest.raises(MediaError, match="a JPEG holds 32500"):
        picture.jpeg()
    assert Image.decode(picture.webp()).text == picture.text
