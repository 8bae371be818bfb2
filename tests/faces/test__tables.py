"""What is told about pictures, and how tables look."""

from pathlib import Path

import numpy
import pytest

from underpaint import infotext
from underpaint.errors import MediaError
from underpaint.faces import _tables
from underpaint.media import Image
from underpaint.requests.image import ImageRequest

REQUEST = ImageRequest(prompt="a fox", seed=7, variation_seed=-1, batch=1, schedule="karras")


def test_a_picture_tells_how_it_was_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = infotext.write(REQUEST, model_hash="0123456789", model_name="mini")
    path = tmp_path / "fox.png"
    path.write_bytes(Image.of(numpy.zeros((8, 8), numpy.uint8), text).png())

    _tables.info(path, as_json=False)
    assert capsys.readouterr().out == f"{text}\n"
    _tables.info(path, as_json=True)
    assert ImageRequest.from_json(capsys.readouterr().out) == REQUEST


def test_a_picture_without_a_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "plain.png"
    path.write_bytes(Image.of(numpy.zeros((8, 8), numpy.uint8)).png())
    with pytest.raises(MediaError, match=r"plain.png' carries no text"):
        _tables.info(path, as_json=False)


def test_columns_stand_below_each_other() -> None:
    assert _tables.table([["a", "bbb", "c"], ["aa", "b", "cc"]]) == "a   bbb  c\naa  b    cc"


@pytest.mark.parametrize(
    ("size", "words"), [(0, "0 bytes"), (1023, "1023 bytes"), (1536, "1.5 KiB"), (2**32, "4.0 GiB")]
)
def test_sizes_have_the_unit_that_suits_them(size: int, words: str) -> None:
    assert _tables.size_words(size) == words
