"""The data of `mini`: what is taken from the packages, and how it is composed."""

import json
import tarfile
from pathlib import Path

import numpy
import pytest

from underpaint.errors import TrainingError
from underpaint.media import Image
from underpaint.training.recipes import _emoji
from underpaint.training.recipes._emoji import BACKGROUNDS, Concept, compose, concepts, fetch

ENTRIES = [
    {"label": "banana", "hexcode": "1F34C", "group": 4, "tags": ["fruit"]},
    {"label": "hot pepper", "hexcode": "1F336-FE0F", "group": 4, "tags": ["hot", "pepper"]},
    {"label": "unpainted fruit", "hexcode": "1FFFF", "group": 4},
    {"label": "flag: Chile", "hexcode": "1F1E8-1F1F1", "group": 9},
    {"label": "regional indicator A", "hexcode": "1F1E6"},
]


def cut_out() -> Image:
    """A yellow square in the middle of nothing."""
    pixels = numpy.zeros((256, 256, 4), numpy.uint8)
    pixels[64:192, 64:192] = (250, 215, 40, 255)
    return Image.of(pixels)


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    words = tmp_path / "emojibase-data" / "package" / "en"
    words.mkdir(parents=True)
    (words / "data.json").write_text(json.dumps(ENTRIES), "utf-8")
    pictures = tmp_path / "fluent-emoji-3d" / "package" / "assets"
    pictures.mkdir(parents=True)
    for code in ("1f34c", "1f336-fe0f", "1f1e8-1f1f1"):
        (pictures / f"{code}.webp").write_bytes(cut_out().png())
    return tmp_path


@pytest.fixture
def banana(tmp_path: Path) -> Concept:
    path = tmp_path / "banana.png"
    path.write_bytes(cut_out().png())
    return Concept("banana", ("fruit", "yellow", "third"), path)


def test_concepts_are_those_of_the_chosen_groups_with_a_picture(packages: Path) -> None:
    found = concepts(packages)
    assert [thing.name for thing in found] == ["banana", "hot pepper"]
    assert found[1].words == ("hot", "pepper")
    assert all(thing.picture.is_file() for thing in found)


def test_each_concept_is_composed_eight_times(banana: Concept, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    assert list(compose([banana, banana], folder)) == [1, 2]
    lines = [json.loads(line) for line in (folder / "metadata.jsonl").read_text().splitlines()]
    assert len(lines) == 16
    assert {(folder / line["file_name"]).is_file() for line in lines} == {True}


def test_half_of_them_are_the_thing_as_it_is_on_white(tmp_path: Path) -> None:
    """One that looks to the left, so that a mirror shows."""
    pixels = numpy.zeros((256, 256, 4), numpy.uint8)
    pixels[:, :128] = (0, 0, 200, 255)
    (tmp_path / "left.png").write_bytes(Image.of(pixels).png())
    list(compose([Concept("left", (), tmp_path / "left.png")], tmp_path / "pictures"))
    sides = [
        Image.read(tmp_path / "pictures" / f"0000-{variant}.png").array()[128, (4, 251)].tolist()
        for variant in range(4)
    ]
    assert sides == [[[0, 0, 200], [255, 255, 255]]] * 4


def test_captions_say_which_way_and_where(tmp_path: Path) -> None:
    """One that looks to the left, found again by where its colour is."""
    pixels = numpy.zeros((256, 256, 4), numpy.uint8)
    pixels[:, :128] = (0, 0, 201, 255)
    (tmp_path / "left.png").write_bytes(Image.of(pixels).png())
    list(compose([Concept("owl", (), tmp_path / "left.png")] * 4, tmp_path / "pictures"))
    folder = tmp_path / "pictures"
    for line in map(json.loads, (folder / "metadata.jsonl").read_text().splitlines()):
        caption, pixels = line["text"][0], Image.read(folder / line["file_name"]).array()
        blue = numpy.abs(pixels.astype(int) - (0, 0, 201)).sum(-1) < 90
        rows, columns = numpy.flatnonzero(blue.any(1)), numpy.flatnonzero(blue.any(0))
        down = (rows[0] + rows[-1] + 1) / 2 - 128
        right = (columns[0] if "mirrored" in caption else columns[-1] + 1) - 128
        for shift, before, after in ((down, "top", "bottom"), (right, "left", "right")):
            assert after in caption or shift < 16 + 2, caption
            assert before in caption or shift > -16 - 2, caption
            assert not (before in caption or after in caption) or abs(shift) > 16 - 2, caption


def test_captions_name_the_background_that_is_painted(banana: Concept, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    list(compose([banana] * 4, folder))
    for line in map(json.loads, (folder / "metadata.jsonl").read_text().splitlines()):
        pixels = Image.read(folder / line["file_name"]).array()
        corners = {tuple(pixels[y, x].tolist()) for y in (0, -1) for x in (0, -1)}
        caption = line["text"][0]
        named = [colour for colour in BACKGROUNDS if f" on a {colour} background" in caption]
        assert corners == {BACKGROUNDS[named[0] if named else "white"]}
        assert all("banana" in text for text in line["text"])


def test_small_things_are_called_small(banana: Concept, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    list(compose([banana] * 6, folder))
    for line in map(json.loads, (folder / "metadata.jsonl").read_text().splitlines()):
        pixels = Image.read(folder / line["file_name"]).array().astype(int)
        away = numpy.abs(pixels - pixels[0, 0]).sum(-1) > 60
        width = numpy.flatnonzero(away.any(0))
        share = (width[-1] - width[0] + 1) / 128 if width.size else None
        if share is not None:
            assert (share < 0.71) >= line["text"][0].startswith("small ")


def test_the_same_seed_composes_the_same_pictures(banana: Concept, tmp_path: Path) -> None:
    for name in ("one", "two"):
        list(compose([banana], tmp_path / name, seed=5))
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_fetch_without_npm_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TrainingError, match="npm is not installed"):
        fetch(tmp_path / "packages")


def test_fetch_unpacks_what_npm_brings_and_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An npm of our own brings a small archive, as the real one does, and notes the call."""
    source = tmp_path / "source" / "package"
    source.mkdir(parents=True)
    (source / "README.md").write_text("hello")
    archive = tmp_path / "made.tgz"
    with tarfile.open(archive, "w:gz") as opened:
        opened.add(source, "package")
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(
        f'#!/bin/sh\necho asked >> {tmp_path}/asked\ncp {archive} "$4/x.tgz"\necho x.tgz\n'
    )
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{npm.parent}:/usr/bin:/bin")

    for _ in range(2):
        fetch(tmp_path / "packages")
    assert (tmp_path / "packages" / "fluent-emoji-3d" / "package" / "README.md").is_file()
    assert (tmp_path / "asked").read_text().count("asked") == len(_emoji.PACKAGES)


def test_fetch_repeats_what_npm_says_of_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho no such package >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(TrainingError, match="no such package"):
        fetch(tmp_path / "packages")
