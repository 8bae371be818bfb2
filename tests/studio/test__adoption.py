"""What files alone tell about the pictures in them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from underpaint import infotext
from underpaint.errors import MediaError
from underpaint.media import Image
from underpaint.requests.image import ImageRequest
from underpaint.studio import _adoption


@pytest.fixture
def folder(tmp_path: Path, sketch: Image, asked: Callable[..., ImageRequest]) -> Path:
    """Return a folder with a picture of ours, one of somebody's, and things that are none."""
    for name in ("2026-11-24", ".studio/sketches", ".studio/thumbnails", ".hidden", "a/b/c/d/e"):
        (tmp_path / name).mkdir(parents=True)
    text = infotext.write(asked("a fox"), model_hash="", model_name="tiny")
    ours = tmp_path / "2026-11-24" / "121530-1-0123456789abcdef-3.png"
    ours.write_bytes(sketch.with_text(text).png())
    (tmp_path / "mine.png").write_bytes(sketch.png())
    (tmp_path / ".studio/sketches/aa.png").write_bytes(sketch.png())
    for name in (".hidden/no.png", "a/b/c/d/e/no.png", "no.txt", ".underpaint-1.part"):
        (tmp_path / name).write_bytes(sketch.png())
    return tmp_path


def strangers(folder: Path, known: frozenset[str] = frozenset()) -> list[str]:
    found = _adoption.strangers(folder, folder / ".studio/sketches", known)
    return [path.relative_to(folder).as_posix() for path in found]


def test_pictures_are_found_and_nothing_else(folder: Path) -> None:
    os.utime(folder / "mine.png", (1, 1))
    ours = "2026-11-24/121530-1-0123456789abcdef-3.png"
    assert strangers(folder)[0] == "mine.png"
    assert set(strangers(folder)) == {"mine.png", ours, ".studio/sketches/aa.png"}
    assert set(strangers(folder, frozenset([ours, "mine.png"]))) == {".studio/sketches/aa.png"}


def test_links_are_not_followed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.png").write_bytes(b"")
    (folder / "link").symlink_to(outside)
    (folder / "link.png").symlink_to(outside / "secret.png")
    assert not any("link" in name for name in strangers(folder))


def test_a_name_of_ours_tells_the_job(folder: Path) -> None:
    picture = _adoption.read(folder, next((folder / "2026-11-24").iterdir()))
    assert (picture.id, picture.job, picture.index) == ("0123456789abcdef-3", "0123456789abcdef", 3)
    assert picture.request is not None
    assert (picture.request.prompt, picture.model) == ("a fox", "tiny")  # pyright: ignore[reportAttributeAccessIssue]


def test_other_names_tell_nothing_but_last(folder: Path) -> None:
    picture = _adoption.read(folder, folder / "mine.png")
    assert (picture.kind, picture.job, picture.request) == ("picture", "", None)
    assert picture.id == _adoption.read(folder, folder / "mine.png").id
    sketch = _adoption.read(folder, folder / ".studio/sketches/aa.png")
    assert (sketch.kind, sketch.id) == ("sketch", picture.content)


def test_what_is_no_picture_is_refused(folder: Path) -> None:
    (folder / "bad.png").write_bytes(b"no picture")
    with pytest.raises(MediaError):
        _adoption.read(folder, folder / "bad.png")


def test_a_text_says_what_a_picture_was_made_from(
    sketch: Image, asked: Callable[..., ImageRequest]
) -> None:
    text = infotext.write(asked("a fox"), model_hash="", model_name="tiny")
    marked = _adoption.marked(sketch.with_text(text), "aa11")
    assert _adoption.origin(marked.text) == "aa11"
    assert infotext.read(marked.text) == infotext.read(text)
    assert _adoption.origin(text) == ""
    assert _adoption.marked(sketch.with_text(text), "").text == text
    assert _adoption.marked(sketch, "aa11").text == ""
