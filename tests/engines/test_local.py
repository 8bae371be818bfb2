"""The worker process: it works as the engine in it does, and no deed of it is lasting."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from underpaint.engines import _wire, inline
from underpaint.engines.local import Engine, Patience, _Process
from underpaint.errors import (
    CrashError,
    DeadlineError,
    RequestError,
    UnknownEntryError,
    WorkError,
)
from underpaint.events import Event, Failed, Finished, Progress
from underpaint.requests.image import ImageRequest

HASTY = Patience(first=60.0, between=3.0, grace=2.0)


@pytest.fixture
def engine() -> Iterator[Engine]:
    """Return an engine with a stub in its worker."""
    engine = Engine(inside="stub", patience=HASTY)
    yield engine
    engine.stop()


def asked(prompt: str = "a fox", steps: int = 4, batch: int = 1) -> ImageRequest:
    return ImageRequest(
        prompt=prompt,
        model="tiny",
        steps=steps,
        batch=batch,
        seed=1,
        variation_seed=1,
        width=64,
        height=64,
    )


def test_a_real_model_gives_the_same_bits_there_as_here() -> None:
    here = [e for e in inline.Engine(threads=1).run(asked(batch=2)) if isinstance(e, Finished)]
    engine = Engine(inside="inline", options={"threads": 1})
    try:
        there = [e for e in engine.run(asked(batch=2)) if isinstance(e, Finished)]
    finally:
        engine.stop()
    assert there == here


def test_one_process_does_one_request_after_the_other(engine: Engine) -> None:
    first = list(engine.run(asked()))
    pid = engine.pid
    second = list(engine.run(asked()))
    assert engine.ready
    assert engine.pid == pid
    assert first[-1] == second[-1]
    assert isinstance(second[-1], Finished)


def test_who_takes_no_more_events_stops_it(engine: Engine) -> None:
    for event in engine.run(asked("!slow=0.05", steps=100)):
        if isinstance(event, Progress):
            break
    pid, start = engine.pid, time.monotonic()
    assert isinstance(list(engine.run(asked()))[-1], Finished)
    assert time.monotonic() - start < 10
    assert engine.pid == pid


@pytest.mark.parametrize("deed", ["!slow=60", "!hang", "!busy"])
def test_it_stops_within_a_step_and_lives_on(engine: Engine, deed: str) -> None:
    list(engine.run(asked()))
    pid, halt = engine.pid, threading.Event()
    threading.Timer(0.2, halt.set).start()
    start = time.monotonic()
    events = list(engine.run(asked(deed), halted=halt.is_set))
    assert time.monotonic() - start < 10
    assert not any(isinstance(event, Finished | Failed) for event in events)
    assert engine.pid == pid
    assert isinstance(list(engine.run(asked()))[-1], Finished)


def test_one_that_has_done_all_is_not_waited_for(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever leaves at the very end leaves a worker that has nothing to stop."""
    list(engine.run(asked()))
    pid, halt, hear = engine.pid, threading.Event(), _Process.hear

    def heard(process: _Process, timeout: float) -> _wire.Message | None:
        message = hear(process, timeout)
        if message is not None and "end" in message[0]:
            halt.set()
        return message

    monkeypatch.setattr(_Process, "hear", heard)
    start = time.monotonic()
    assert isinstance(list(engine.run(asked(), halted=halt.is_set))[-1], Finished)
    assert halt.is_set()
    assert time.monotonic() - start < HASTY.grace
    assert engine.pid == pid


def test_one_that_is_not_ready_is_not_waited_for(engine: Engine) -> None:
    engine.start()
    pid, start = engine.pid, time.monotonic()
    for prompt in ("a hen", "a cow"):
        assert list(engine.run(asked(prompt), halted=lambda: True)) == []
    assert time.monotonic() - start < 1.5
    *_, last = engine.run(asked("a fox"))
    assert isinstance(last, Finished)
    assert isinstance(last.request, ImageRequest)
    assert (last.request.prompt, engine.pid) == ("a fox", pid)


def test_one_that_is_not_ready_is_ended_at_once() -> None:
    engine = Engine(inside="inline")
    engine.start()
    start = time.monotonic()
    engine.stop()
    assert time.monotonic() - start < 1.5
    assert engine.pid is None


def test_one_that_does_not_stop_is_ended(engine: Engine) -> None:
    list(engine.run(asked()))
    pid, halt = engine.pid, threading.Event()
    threading.Timer(0.2, halt.set).start()
    start = time.monotonic()
    list(engine.run(asked("!block"), halted=halt.is_set))
    assert time.monotonic() - start < 10
    assert isinstance(list(engine.run(asked()))[-1], Finished)
    assert engine.pid != pid


@pytest.mark.parametrize("deed", ["!hang", "!block"])
def test_one_that_says_nothing_is_ended(engine: Engine, deed: str) -> None:
    *_, last = engine.run(asked(deed))
    assert isinstance(last, Failed)
    assert isinstance(last.error, CrashError)
    assert "said nothing for 3 s" in str(last.error)
    assert isinstance(list(engine.run(asked()))[-1], Finished)


def test_one_that_dies_is_replaced(engine: Engine) -> None:
    *_, last = engine.run(asked("!crash"))
    assert isinstance(last, Failed)
    assert isinstance(last.error, CrashError)
    assert "exit code 137" in str(last.error)
    assert isinstance(list(engine.run(asked()))[-1], Finished)


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no SIGKILL")
def test_a_kill_from_outside_is_seen(engine: Engine) -> None:
    def killed() -> Iterator[Event]:
        for event in engine.run(asked("!slow=0.05", steps=50)):
            if isinstance(event, Progress) and event.step == 3:
                assert engine.pid is not None
                os.kill(engine.pid, signal.SIGKILL)
            yield event

    *_, last = killed()
    assert isinstance(last, Failed)
    assert "signal 9" in str(last.error)


def test_a_fault_is_told_and_the_process_lives_on(
    engine: Engine, capfd: pytest.CaptureFixture[str]
) -> None:
    *_, last = engine.run(asked("!fault"))
    pid = engine.pid
    assert isinstance(last, Failed)
    assert type(last.error) is WorkError
    assert "ZeroDivisionError: the prompt says !fault" in str(last.error)
    list(engine.run(asked()))
    assert engine.pid == pid
    assert "Traceback" in capfd.readouterr().err


def test_one_that_cannot_be_started_says_why(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "Popen", full)
        with pytest.raises(CrashError, match="cannot be started: Cannot allocate memory"):
            engine.start()
    assert engine.pid is None
    assert isinstance(list(engine.run(asked()))[-1], Finished)


def test_an_engine_that_cannot_be_made_says_why() -> None:
    engine = Engine(options={"device": "abacus"})
    try:
        [failed] = engine.run(asked())
    finally:
        engine.stop()
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, RequestError)
    assert "device is 'abacus'" in str(failed.error)


def test_questions_are_answered_while_it_works(engine: Engine) -> None:
    values = {"prompt": "a red fox", "negative": "", "model": "mini"}
    said: list[object] = []
    for event in engine.run(asked("!slow=0.05", steps=10)):
        if isinstance(event, Progress) and event.step == 2:
            said.append(engine.ask("tokens", values))
    assert said == [{"room": 75, "prompt": [3], "negative": [0]}]
    assert engine.ask("unload", in_turn=True) == {}


def test_what_waits_for_its_turn_waits_no_longer_than_it_likes(engine: Engine) -> None:
    list(engine.run(asked()))
    with pytest.raises(DeadlineError, match=r"gave no answer for 0\.2 s"):
        for event in engine.run(asked("!slow=0.1", steps=20)):
            if isinstance(event, Progress):
                engine.ask("unload", in_turn=True, patience=0.2)


def test_who_asks_one_that_dies_is_told(engine: Engine) -> None:
    list(engine.run(asked()))
    assert engine.pid is not None
    os.kill(engine.pid, signal.SIGSTOP)
    threading.Timer(0.2, os.kill, (engine.pid, signal.SIGKILL)).start()
    with pytest.raises(CrashError, match="died before it answered"):
        engine.ask("unload")
    assert engine.ask("unload") == {}


def test_an_engine_that_cannot_be_made_answers_with_why() -> None:
    engine = Engine(inside="nothing")
    try:
        with pytest.raises(UnknownEntryError, match="no 'nothing' in engines"):
            engine.ask("unload")
    finally:
        engine.stop()


def test_previews_are_few_and_steps_are_all(engine: Engine) -> None:
    list(engine.run(asked()))
    start = time.monotonic()
    steps = [e for e in engine.run(asked("!slow=0.01", steps=30)) if isinstance(e, Progress)]
    seconds = time.monotonic() - start
    assert len(steps) == 30
    assert 1 <= sum(step.preview is not None for step in steps) <= 2 + 10 * seconds


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no SIGKILL")
def test_the_worker_ends_when_its_master_is_killed() -> None:
    program = (
        "import time\n"
        "from underpaint.engines.local import Engine\n"
        "engine = Engine(inside='stub')\n"
        "engine.start()\n"
        "print(engine.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(place for place in sys.path if place),
    }
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment
    ) as master:
        assert master.stdout is not None
        worker = int(master.stdout.readline())
        master.kill()
    for _ in range(100):
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            return
        if _zombie(worker):
            return
        time.sleep(0.05)
    os.kill(worker, signal.SIGKILL)
    pytest.fail("the worker lived on")


def _zombie(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return False


def test_the_master_imports_no_torch() -> None:
    program = "import sys, underpaint.engines.local; assert 'torch' not in sys.modules"
    subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(place for place in sys.path if place)},
    )
