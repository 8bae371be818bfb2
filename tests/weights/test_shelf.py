"""Models are found by name in folders, never outside them."""

from pathlib import Path

import pytest

from underpaint.errors import ModelNotFoundError, StorageError
from underpaint.weights import shelf
from underpaint.weights.shelf import Book, find, listing


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for place in ("b.safetensors", "a.safetensors", "anime/soft.safetensors", "anime/a.safetensors",
                  ".hidden/x.safetensors", ".y.safetensors", "notes.txt", "a.vae.pt"):  # fmt: skip
        path = tmp_path / "models" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "secret.safetensors").touch()
    (tmp_path / "models" / "named.safetensors").mkdir()
    return tmp_path / "models"


def own(books: tuple[Book, ...]) -> list[str]:
    return [book.name for book in books if not book.embedded]


def test_lists_the_files_of_folders_by_name(folder: Path) -> None:
    assert own(listing([folder])) == ["a", "b", "anime/a", "anime/soft"]


def test_the_first_folder_counts(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "b.safetensors").touch()
    (other / "c.safetensors").touch()
    assert own(listing([other, folder])) == ["b", "c", "a", "anime/a", "anime/soft"]
    assert find("b", [other, folder]) == other / "b.safetensors"


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert own(listing([tmp_path / "missing"])) == []


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("a", "a.safetensors"),
        ("a.safetensors", "a.safetensors"),
        ("anime/a", "anime/a.safetensors"),
        ("anime/soft.safetensors", "anime/soft.safetensors"),
        ("soft", "anime/soft.safetensors"),
    ],
)
def test_finds_by_name(folder: Path, name: str, place: str) -> None:
    assert find(name, [folder]) == folder / place


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "c", "A", "../secret", "./a", "anime", "anime//a", ".y", "x", "old", "named",
     "b.ckpt", "\0", "a\0", "*", "a.safetensors.safetensors", "anime\\a", "x" * 5000],
)  # fmt: skip
def test_finds_nothing_else(folder: Path, name: str) -> None:
    with pytest.raises(ModelNotFoundError, match="there are: a, b, anime/a, anime/soft"):
        find(name, [folder])


def test_an_absolute_path_is_no_name(folder: Path) -> None:
    with pytest.raises(ModelNotFoundError):
        find(str(folder / "a.safetensors"), [folder])


def test_links_to_folders_are_not_followed(folder: Path, tmp_path: Path) -> None:
    (folder / "loop").symlink_to(folder)
    (folder / "out").symlink_to(tmp_path)
    (folder / "linked.safetensors").symlink_to(tmp_path / "secret.safetensors")
    (folder / "broken.safetensors").symlink_to(tmp_path / "missing")
    assert own(listing([folder])) == ["a", "b", "linked", "anime/a", "anime/soft"]


def test_looks_eight_folders_deep(tmp_path: Path) -> None:
    for depth in (8, 9):
        path = tmp_path.joinpath(*"x" * depth, f"{depth}.safetensors")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert own(listing([tmp_path])) == ["/".join("x" * 8) + "/8"]


def test_a_folder_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"cannot read the folder .*file'"):
        listing([tmp_path / "file"])


def test_models_of_the_package_are_found_without_folders() -> None:
    for book in listing():
        assert book.embedded
        assert find(book.name) == book.path
        assert book.path.parent.parent.name == "models"


def test_a_models_folder_in_the_package_holds_one_file_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("mini/mini.safetensors", "mini/other.safetensors", "loose.safetensors"):
        (tmp_path / "models" / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "models" / place).touch()
    monkeypatch.setattr(shelf, "files", lambda _: tmp_path)
    path = tmp_path / "models/mini/mini.safetensors"
    assert listing() == (Book("mini", path, embedded=True, file="mini.safetensors"),)
