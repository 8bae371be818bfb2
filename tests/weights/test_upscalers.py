"""Upscalers' files by name."""

from pathlib import Path

import pytest

from underpaint.errors import ModelNotFoundError
from underpaint.weights import upscalers
from underpaint.weights.shelf import Book


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("ESRGAN/4x-UltraSharp.pth", "RealESRGAN/RealESRGAN_x4plus.pth", "ESRGAN/a/b.pt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def test_files_are_found_in_both_of_their_folders(folder: Path) -> None:
    names = [book.name for book in upscalers.listing([folder])]
    assert names == ["4x-UltraSharp", "a/b", "RealESRGAN_x4plus"]
    for name in ("4x-UltraSharp", "4x-UltraSharp.pth", "b", "a/b"):
        assert upscalers.find(name, [folder]).is_file()


def test_a_file_answers_to_the_name_that_a1111_gives_it(folder: Path) -> None:
    assert upscalers.find("R-ESRGAN 4x+", [folder]).name == "RealESRGAN_x4plus.pth"
    labels = [upscalers.label(book) for book in upscalers.listing([folder])]
    assert labels == ["4x-UltraSharp", "b", "R-ESRGAN 4x+"]
    (folder / "ESRGAN" / "R-ESRGAN 2x+.pth").touch()
    assert upscalers.find("R-ESRGAN 2x+", [folder]).name == "R-ESRGAN 2x+.pth"


def test_an_unknown_name_lists_the_known(folder: Path) -> None:
    there = "lanczos, nearest, 4x-UltraSharp, a/b, RealESRGAN_x4plus"
    with pytest.raises(ModelNotFoundError, match=f"no 'x' in upscalers; there are: {there}"):
        upscalers.find("x", [folder])


@pytest.mark.parametrize(
    ("name", "times"),
    [
        ("4x-UltraSharp", 4),
        ("RealESRGAN_x2plus", 2),
        ("1x_DeJPG", 1),
        ("8x_NMKD", 8),
        ("remacri", 4),
        ("matrix2", 4),
        ("2xHFA", 2),
    ],
)
def test_a_name_says_how_much_larger_pictures_become(name: str, times: float) -> None:
    assert upscalers.said(Book(name, Path(f"{name}.pth"))) == times
