"""Pictures in base64, fitted, masked and laid out."""

import numpy
import pytest

from underpaint.errors import RequestError
from underpaint.faces.a1111 import options, pictures
from underpaint.media import Image

SETTINGS = options.with_overrides({}, None)


def test_pictures_come_back_as_they_went(sketch: Image) -> None:
    text = pictures.encoded(sketch.with_text("a fox"), SETTINGS)
    assert pictures.decoded(text, "image") == sketch.with_text("a fox")
    assert pictures.data_uri(sketch).startswith("data:image/jpeg;base64,")
    assert pictures.decoded(pictures.data_uri(sketch), "image").width == sketch.width


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "image cannot be used: "),
        ("%%%", "image is not a picture in base64: "),
        ("AAAA", "image cannot be used: "),
        ("http://a.example/x.png", "image is an address; "),
        ("data:image/png;base64,", "image cannot be used: "),
        ("data:" + "x" * 500 + ",AAAA", "image is not a picture in base64: "),
        ("ü", "image is not a picture in base64: "),
        ("A" * 5, "image is not a picture in base64: "),
    ],
)
def test_what_is_no_picture_is_refused_by_its_name(text: str, words: str) -> None:
    with pytest.raises(RequestError) as refusal:
        pictures.decoded(text, "image")
    assert str(refusal.value).startswith(words)


def test_colours_are_read() -> None:
    assert pictures.colour("#0aFF10") == (10, 255, 16)
    for wrong in ("", "red", "#fff", "#0aff1", "#0aff1g", None):
        with pytest.raises(RequestError, match="img2img_background_color is"):
            pictures.colour(wrong)


def test_a_mask_with_transparency_is_white_where_it_was_drawn() -> None:
    levels = numpy.zeros((4, 8, 4), numpy.uint8)
    levels[:, 4:, 3] = 200
    mask = pictures.mask(Image.of(levels)).array()
    assert (mask[:, :4] == 0).all() and (mask[:, 4:] == 255).all()
    opaque = numpy.full((4, 8, 4), 255, numpy.uint8)
    opaque[:, :4, :3] = 0
    mask = pictures.mask(Image.of(opaque)).array()
    assert (mask[:, :4] == 0).all() and (mask[:, 4:] == 255).all()


@pytest.mark.parametrize(
    ("count", "columns", "rows"), [(1, 1, 1), (2, 2, 1), (3, 3, 1), (4, 2, 2), (5, 3, 2), (9, 3, 3)]
)
def test_pictures_are_laid_out_in_rows(count: int, columns: int, rows: int) -> None:
    each = [Image.of(numpy.full((4, 6), 10 * n + 10, numpy.uint8), f"n{n}") for n in range(count)]
    grid = pictures.grid(each)
    assert (grid.width, grid.height, grid.text) == (6 * columns, 4 * rows, "n0")
    last = count - 1
    assert (grid.array()[last // columns * 4, last % columns * 6] == 10 * count).all()
