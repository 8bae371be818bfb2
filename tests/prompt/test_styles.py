"""Styles: the file as AUTOMATIC1111 writes it, and what a style does to a prompt."""

from pathlib import Path

import pytest

from underpaint.errors import RequestError, StorageError, UnknownEntryError
from underpaint.prompt.styles import MAX_BYTES, Style, drop, keep, named, read, styled

FILE = """\ufeffname,prompt,negative_prompt
None,,
### painting ###,,
ink,"ink drawing of {prompt}, cross-hatching",colour
storm,dark clouds,"{prompt}, sun"
"two
lines","a, ""quoted""
b",
,nameless,
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "styles.csv"
    path.write_text(FILE, "utf-8")
    return path


def test_reads_what_automatic1111_writes(file: Path) -> None:
    assert list(read(file).values()) == [
        Style("None", "", ""),
        Style("ink", "ink drawing of {prompt}, cross-hatching", "colour"),
        Style("storm", "dark clouds", "{prompt}, sun"),
        Style("two\nlines", 'a, "quoted"\nb', ""),
    ]


def test_reads_the_oldest_files(tmp_path: Path) -> None:
    path = tmp_path / "styles.csv"
    path.write_text("name,text\nink,ink drawing\n", "utf-8")
    assert read(path) == {"ink": Style("ink", "ink drawing", "")}


def test_no_file_is_no_styles(tmp_path: Path) -> None:
    assert read(tmp_path / "styles.csv") == {}


@pytest.mark.parametrize(
    "data", [b"\xff\xfe\x00", b"name,prompt\n" + b"x" * (MAX_BYTES + 1), b'name,"' + b"x" * 200_000]
)
def test_other_files_are_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "styles.csv"
    path.write_bytes(data)
    with pytest.raises(StorageError, match=r"styles\.csv"):
        read(path)


@pytest.mark.parametrize(
    ("names", "prompt", "negative"),
    [
        ([], "a fox", "rain"),
        (["None"], "a fox", "rain"),
        (["ink"], "ink drawing of a fox, cross-hatching", "rain, colour"),
        (["storm"], "a fox, dark clouds", "rain, sun"),
        (
            ["storm", "ink"],
            "ink drawing of a fox, dark clouds, cross-hatching",
            "rain, sun, colour",
        ),
    ],
)
def test_styles_go_on_one_after_the_other(
    file: Path, names: list[str], prompt: str, negative: str
) -> None:
    assert styled("a fox", "rain", named(read(file), names)) == (prompt, negative)


def test_an_empty_prompt_leaves_no_comma_behind() -> None:
    assert styled(" ", "", [Style("s", "dark clouds", "sun")]) == ("dark clouds", "sun")


def test_an_unknown_style_is_refused_by_name(file: Path) -> None:
    with pytest.raises(UnknownEntryError, match="no 'inc' in styles; there are: None, ink, storm"):
        named(read(file), ["ink", "inc"])


def test_prompts_do_not_grow_without_end() -> None:
    bomb = Style("bomb", "{prompt}" * 10, "")
    with pytest.raises(RequestError, match="16384"):
        styled("a fox", "", [bomb] * 9)
    with pytest.raises(RequestError, match="a style repeats the prompt"):
        styled("a" * 16_000, "", [Style("bomb", "{prompt}" * 10_000, "")])


def test_a_style_is_kept_in_its_place_and_the_rest_stays(file: Path) -> None:
    before = read(file)
    keep(file, Style("ink", 'ink, "fine"', ""))
    keep(file, Style("new", "a\nb", "c"))
    assert list(read(file)) == [*before, "new"]
    assert read(file) == {
        **before,
        "ink": Style("ink", 'ink, "fine"', ""),
        "new": ("new", "a\nb", "c"),
    }
    assert "### painting ###" in file.read_text("utf-8-sig")
    assert file.read_bytes().startswith(b"\xef\xbb\xbfname,prompt,negative_prompt\r\n")


def test_a_style_is_dropped(file: Path) -> None:
    drop(file, "ink")
    assert list(read(file)) == ["None", "storm", "two\nlines"]
    with pytest.raises(UnknownEntryError, match="no 'ink' in styles"):
        drop(file, "ink")


def test_the_first_style_makes_the_file(tmp_path: Path) -> None:
    keep(tmp_path / "styles.csv", Style("ink", "ink", ""))
    assert read(tmp_path / "styles.csv") == {"ink": Style("ink", "ink", "")}


@pytest.mark.parametrize("name", ["", " ink", "#ink", "a\nb", "x" * 201, "\0"])
def test_a_name_must_be_one_that_can_be_asked_for(file: Path, name: str) -> None:
    with pytest.raises(RequestError, match="name is"):
        keep(file, Style(name, "", ""))


def test_styles_do_not_grow_without_end(file: Path) -> None:
    with pytest.raises(RequestError, match="16384"):
        keep(file, Style("long", "x" * 20_000, ""))
    file.write_text("name,prompt\n" + "".join(f"s{n},{'x' * 15_000}\n" for n in range(69)))
    with pytest.raises(RequestError, match="delete some first"):
        keep(file, Style("more", "x" * 15_000, ""))
