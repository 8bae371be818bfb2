"""The diary goes on where the weights do."""

import json
from pathlib import Path

import numpy

from underpaint.media import Image
from underpaint.training.log import Log


def written(folder: Path) -> list[int]:
    lines = (folder / "loss.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["step"] for line in lines]


def test_losses_are_lines(tmp_path: Path) -> None:
    log = Log(tmp_path / "run", 0)
    log.learned(10, 0.5, learning_rate=1e-3, rate=20.0)
    lines = (tmp_path / "run" / "loss.jsonl").read_text("utf-8")
    assert lines == '{"step": 10, "loss": 0.5}\n'


def test_what_lies_behind_the_checkpoint_is_forgotten(tmp_path: Path) -> None:
    log = Log(tmp_path, 0)
    for step in (10, 20, 30):
        log.learned(step, 1.0, learning_rate=0.1, rate=1.0)
    again = Log(tmp_path, 20)
    assert written(tmp_path) == [10, 20]
    again.learned(30, 2.0, learning_rate=0.1, rate=1.0)
    assert again.losses == [(10, 1.0), (20, 1.0), (30, 2.0)]


def test_a_line_cut_off_by_a_crash_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "loss.jsonl").write_text('{"step": 10, "loss": 1.0}\n{"step": 20, "lo', "utf-8")
    assert Log(tmp_path, 100).losses == [(10, 1.0)]
    assert written(tmp_path) == [10]


def test_pictures_and_the_curve_are_files(tmp_path: Path) -> None:
    log = Log(tmp_path, 0)
    log.learned(10, 0.5, learning_rate=1e-3, rate=20.0)
    picture = Image.of(numpy.zeros((4, 6, 3), numpy.uint8))
    assert Image.read(log.picture("samples", 10, picture)) == picture
    log.draw()
    assert Image.read(tmp_path / "loss.png").width == 960
    assert picture.png() in log.events.path.read_bytes()
