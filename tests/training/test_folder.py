"""A folder as it comes: captions in two ways, and lines that cannot be used."""

import json
from pathlib import Path

import pytest

from tests.training._pictures import ended, notes, plain
from underpaint.errors import TrainingError
from underpaint.training.folder import sources


def test_captions_stand_beside_the_picture_or_in_metadata(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "c.png", "sub/d.png"):
        plain(tmp_path, name, (0, 0, 0))
    (tmp_path / "a.txt").write_text(" a cat \n", "utf-8")
    lines = [
        {"file_name": "b.png", "text": ["one", "two"], "background": [1, 2, 3]},
        {"file_name": "sub/d.png", "text": "deep"},
    ]
    (tmp_path / "metadata.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n\n", "utf-8")
    found, said = ended(sources(tmp_path))
    assert not said
    assert [source.captions for source in found] == [("a cat",), ("one", "two"), (), ("deep",)]
    assert [source.background for source in found][:2] == [(255, 255, 255), (1, 2, 3)]


def test_lines_that_cannot_be_used_are_reported(tmp_path: Path) -> None:
    plain(tmp_path, "a.png", (0, 0, 0))
    lines = ["{", '{"text": "no name"}', "[1]", '{"file_name": "a.png", "background": [1]}', '"x"']
    lines.append('{"file_name": "a.png", "background": [1, 2, 256]}')
    (tmp_path / "metadata.jsonl").write_text("\n".join(lines), "utf-8")
    found, said = ended(sources(tmp_path))
    assert [note.split(":")[0] for note in notes(said)] == [
        f"skipped line {number} of metadata.jsonl" for number in range(1, 7)
    ]
    assert found[0].captions == ()


def test_no_folder_and_no_pictures_are_said(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="there is no folder"):
        ended(sources(tmp_path / "absent"))
    with pytest.raises(TrainingError, match=r"there are no pictures \(\.gif, \.jpeg"):
        ended(sources(tmp_path))
