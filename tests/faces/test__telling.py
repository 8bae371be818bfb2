"""Events as a bar, as lines and as JSON; and pictures kept while they are told."""

import io
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy
import pytest
from rich.console import Console

from underpaint.errors import MediaError
from underpaint.events import Event, Failed, Finished, Progress, Queued, Started
from underpaint.faces import _telling
from underpaint.faces._interruption import Interruption
from underpaint.media import Image
from underpaint.requests.image import ImageRequest
from underpaint.training.events import Learned, Noted

PICTURE = Image.of(numpy.zeros((8, 8, 3), numpy.uint8), "text")
REQUEST = ImageRequest(
    init=PICTURE, mask=PICTURE, original=PICTURE, seed=7, variation_seed=1, batch=1
)
DONE = Finished(PICTURE, 0, REQUEST)
RUN: list[Event] = [
    Started("loading tiny"),
    Progress(1, 2, "", PICTURE),
    Progress(2, 2),
    DONE,
]
LEARNED = Learned(3, 9, "training", loss=0.5, learning_rate=0.1, rate=1.0, seconds_left=60.0)


def test_programs_get_one_line_an_event_without_pictures() -> None:
    lines = [json.loads(_telling.as_line(event)) for event in RUN]
    assert lines[0] == {"event": "started", "what": "loading tiny"}
    assert lines[1] == {"event": "progress", "step": 1, "steps": 2, "stage": ""}
    assert (lines[3]["event"], lines[3]["index"]) == ("finished", 0)
    assert lines[3]["request"]["seed"] == 7
    assert not {"init", "mask", "original"} & set(lines[3]["request"])
    assert json.loads(_telling.as_line(DONE, Path("a.png")))["path"] == "a.png"
    assert json.loads(_telling.as_line(Queued(2))) == {"event": "queued", "position": 2}
    assert json.loads(_telling.as_line(LEARNED))["loss"] == 0.5
    failed = json.loads(_telling.as_line(Failed(MediaError("no"))))
    assert failed == {"event": "failed", "error": "no", "kind": "MediaError"}


def test_finished_pictures_are_kept_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    teller = _telling.teller("painting", as_json=False)
    _telling.tell(iter(RUN), teller, tmp_path, Interruption())
    out, err = capsys.readouterr()
    assert out == f"{tmp_path / '00000-7.png'}\n"
    assert Image.read(tmp_path / "00000-7.png") == PICTURE
    first, second, third = err.splitlines()
    assert (first, second) == ("loading tiny", "painting")
    assert third.startswith("1 picture in 0.")


def test_json_is_all_there_is_on_standard_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _telling.tell(iter(RUN), _telling.teller("painting", as_json=True), tmp_path, Interruption())
    out, err = capsys.readouterr()
    events = [json.loads(line)["event"] for line in out.splitlines()]
    assert events == ["started", "progress", "progress", "finished"]
    assert err == ""


def test_a_failure_is_told_and_raised(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    failed = Failed(MediaError("this is no picture"))
    with pytest.raises(MediaError, match="this is no picture"):
        _telling.tell(iter([failed]), _telling.Lines(), tmp_path, Interruption())
    assert json.loads(capsys.readouterr().out)["event"] == "failed"


def test_ctrl_c_lets_a_finished_picture_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The signal arrives in the middle of the writing."""
    write = _telling.files.add

    def pressed(folder: Path, stem: str, suffix: str, data: bytes) -> Path:
        hear = signal.getsignal(signal.SIGINT)  # as the signal would: the process stays out of it
        assert callable(hear)
        hear(signal.SIGINT, None)
        return write(folder, stem, suffix, data)

    monkeypatch.setattr(_telling.files, "add", pressed)
    with Interruption() as interruption, pytest.raises(KeyboardInterrupt):
        _telling.tell(iter([DONE, DONE]), _telling.Lines(), tmp_path, interruption)
    assert [path.name for path in tmp_path.iterdir()] == ["00000-7.png"]
    assert Image.read(tmp_path / "00000-7.png") == PICTURE


def test_lines_for_later_tell_a_minute_at_a_time(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock: Iterator[float] = iter([0.0, 0.0, 30.0, 61.0, 62.0])
    monkeypatch.setattr(_telling.time, "monotonic", lambda: next(clock))
    with _telling.Plain("training mini") as teller:
        for _ in range(4):
            teller.tell(LEARNED)
    assert capsys.readouterr().err.splitlines() == ["training 3/9, loss 0.5000"]


def test_a_bar_shows_where_the_work_is(capsys: pytest.CaptureFixture[str]) -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100)
    with _telling.Bar(console, "painting 1 picture") as teller:
        for event in (*RUN[:3], Noted("half [done]"), LEARNED):
            teller.tell(event)
            teller._progress.refresh()
        teller.tell(DONE, Path("a.png"))
    shown = screen.getvalue()
    for words in ("loading tiny", "painting 1 picture", "1/2", "2/2", "half [done]", "loss 0.5"):
        assert words in shown
    assert capsys.readouterr().out == "a.png\n"


def test_counts_have_their_noun() -> None:
    assert _telling.counted(1, "picture") == "1 picture"
    assert _telling.counted(4, "picture") == "4 pictures"
