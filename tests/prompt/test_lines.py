"""Lines from a folder, and nothing from outside it."""

import os
from pathlib import Path

import pytest

from underpaint.errors import StorageError, UnknownEntryError
from underpaint.prompt.lines import MAX_BYTES, folders, none


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "lines" / "animals").mkdir(parents=True)
    (tmp_path / "lines" / "colours.txt").write_text("\ufeff# of paint\nred\n\n  green \n", "utf-8")
    (tmp_path / "lines" / "animals" / "cats.txt").write_bytes(b"lion\r\nlynx\r\n")
    (tmp_path / "lines" / "notes.md").write_text("no")
    (tmp_path / "secret.txt").write_text("no")
    return tmp_path / "lines"


def test_lines_that_say_something_count(root: Path) -> None:
    lines = folders(root)
    assert lines("colours") == ["red", "green"]
    assert lines("animals/cats") == ["lion", "lynx"]


@pytest.mark.parametrize(
    "name", ["colour", "notes", "animals", "../secret", "/etc/hostname", "animals/../colours", "."]
)
def test_nothing_else_has_lines(root: Path, name: str) -> None:
    with pytest.raises(UnknownEntryError, match="in wildcards; there are: animals/cats, colours"):
        folders(root)(name)


def test_links_are_not_followed(root: Path) -> None:
    (root / "link.txt").symlink_to(root.parent / "secret.txt")
    (root / "linked").symlink_to(root.parent)
    for name in ("link", "linked/secret"):
        with pytest.raises(UnknownEntryError):
            folders(root)(name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in folders here")
def test_what_is_no_file_is_passed_over(root: Path) -> None:
    os.mkfifo(root / "pipe.txt")
    with pytest.raises(UnknownEntryError):
        folders(root)("pipe")


def test_folders_are_looked_into_eight_deep(root: Path) -> None:
    deep = root.joinpath(*"abcdefghi")
    deep.mkdir(parents=True)
    for place in (deep.parent, deep):
        (place / "x.txt").write_text("x")
    assert folders(root)("a/b/c/d/e/f/g/h/x") == ["x"]
    with pytest.raises(UnknownEntryError):
        folders(root)("a/b/c/d/e/f/g/h/i/x")


def test_large_and_broken_files_are_refused(root: Path) -> None:
    (root / "large.txt").write_text("x" * (MAX_BYTES + 1))
    (root / "broken.txt").write_bytes(b"\xff\xfe\x00")
    for name in ("large", "broken"):
        with pytest.raises(StorageError, match=name):
            folders(root)(name)


def test_the_first_folder_counts(root: Path, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "colours.txt").write_text("blue")
    (tmp_path / "more" / "coats.txt").write_text("silk")
    lines = folders(tmp_path / "more", root)
    assert [lines(name) for name in ("colours", "coats", "animals/cats")] == [
        ["blue"], ["silk"], ["lion", "lynx"],
    ]  # fmt: skip


def test_no_folder_has_no_lines(tmp_path: Path) -> None:
    for lines in (folders(tmp_path / "nowhere"), folders(), none):
        with pytest.raises(UnknownEntryError, match="no 'colours' in wildcards; there are: none"):
            lines("colours")
