"""Pictures made ready: odd sizes, transparent and broken ones, and what is used again."""

import json
from pathlib import Path

import numpy
import pytest
import torch

from tests.training._pictures import ended, notes, plain
from underpaint.errors import TrainingError
from underpaint.events import Event, Progress
from underpaint.media import Image
from underpaint.training.dataset import MOST_NOTES, fitted, prepare


def test_the_middle_is_kept_and_small_pictures_grow() -> None:
    pixels = numpy.zeros((4, 12, 3), numpy.uint8)
    pixels[:, 4:8] = 200
    assert (fitted(Image.of(pixels), 4) == 200).all()
    assert fitted(Image.of(pixels), 40).shape == (40, 40, 3)
    assert fitted(Image.of(numpy.zeros((7, 1000, 3), numpy.uint8)), 16).shape == (16, 16, 3)


def test_transparent_pixels_lie_on_their_background(tmp_path: Path) -> None:
    plain(tmp_path / "data", "a.png", (9, 9, 9, 0))
    line = {"file_name": "a.png", "text": "", "background": [255, 0, 0]}
    (tmp_path / "data" / "metadata.jsonl").write_text(json.dumps(line), "utf-8")
    pictures, _ = ended(prepare(tmp_path / "data", tmp_path / "cache", size=4))
    assert pictures.pixels[0, 0, 0].tolist() == [255, 0, 0]


def test_pictures_become_numbers_from_minus_one_to_one(tmp_path: Path) -> None:
    plain(tmp_path / "data", "a.png", (0, 255, 51))
    plain(tmp_path / "data", "b.png", (255, 255, 255))
    pictures, _ = ended(prepare(tmp_path / "data", tmp_path / "cache", size=4))
    batch = pictures.batch(torch.tensor([1, 0, 0]))
    assert batch.shape == (3, 3, 4, 4)
    assert batch[1, :, 2, 3].tolist() == pytest.approx([-1, 1, -0.6])
    assert batch.is_contiguous(memory_format=torch.channels_last)


def test_broken_pictures_are_reported_and_left_out(tmp_path: Path) -> None:
    data = tmp_path / "data"
    plain(data, "a.png", (1, 1, 1))
    (data / "b.png").write_bytes(b"not a picture")
    whole = plain(data, "c.png", (3, 3, 3)).read_bytes()
    (data / "c.png").write_bytes(whole[:40])
    plain(data, "d.jpg", (4, 4, 4))
    (data / "d.txt").write_text("four", "utf-8")
    (data / "e.png").mkdir()
    (data / "f.png").symlink_to(data / "absent.png")
    pictures, said = ended(prepare(data, tmp_path / "cache", size=4))
    assert pictures.pixels[:, 0, 0, 0].tolist() == [1, 4]
    assert pictures.captions == ((), ("four",))
    assert "b.png" in notes(said)[0]
    assert "c.png" in notes(said)[1]
    assert notes(said)[4] == "4 of 6 pictures cannot be read, left out"
    assert [event.step for event in said if isinstance(event, Progress)] == [*range(1, 7)]


def test_a_thousand_broken_pictures_do_not_flood(tmp_path: Path) -> None:
    for index in range(MOST_NOTES + 10):
        (tmp_path / f"{index:03d}.png").write_bytes(b"no")
    walk, said = prepare(tmp_path, tmp_path / "cache", size=4), list[Event]()
    with pytest.raises(TrainingError, match="none of the 30 pictures"):
        said.extend(walk)
    with pytest.raises(TrainingError, match="none of the 30 pictures"):
        list(prepare(tmp_path, tmp_path / "cache", size=4))
    assert len(list((tmp_path / "cache").glob("*.npy"))) == 1


def test_what_was_made_is_used_again_until_something_changes(tmp_path: Path) -> None:
    data, cache = tmp_path / "data", tmp_path / "cache"
    plain(data, "a.png", (1, 1, 1))
    first, said = ended(prepare(data, cache, size=4))
    assert said
    again, said = ended(prepare(data, cache, size=4))
    assert not said
    assert again.fingerprint == first.fingerprint
    assert numpy.array_equal(again.pixels, first.pixels)
    plain(data, "a.png", (2, 2, 2))
    changed, _ = ended(prepare(data, cache, size=4))
    assert changed.pixels[0, 0, 0, 0] == 2
    (data / "a.txt").write_text("words", "utf-8")
    captioned, _ = ended(prepare(data, cache, size=4))
    larger, _ = ended(prepare(data, cache, size=8))
    prints = {p.fingerprint for p in (first, changed, captioned, larger)}
    assert len(prints) == 4


def test_a_cache_half_written_is_made_again(tmp_path: Path) -> None:
    data, cache = tmp_path / "data", tmp_path / "cache"
    for name in ("a.png", "b.png"):
        plain(data, name, (5, 5, 5))
    walk = prepare(data, cache, size=4)
    next(walk)
    walk.close()
    pictures, _ = ended(prepare(data, cache, size=4))
    assert (pictures.pixels == 5).all()
    assert len(pictures) == 2
