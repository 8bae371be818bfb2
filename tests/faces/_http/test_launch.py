"""The server as people start it: by the verb and by A1111's habits."""

import http.client
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from underpaint.faces._http import launch
from underpaint.faces._http.guard import Door

ROOT = Path(__file__).parents[3]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT), "UNDERPAINT_ENGINE": "stub"}


@contextmanager
def started(
    here: Path, *command: str, **variables: str
) -> Iterator[tuple[int, "subprocess.Popen[str]"]]:
    """Start a studio in a folder; its port and its process."""
    with subprocess.Popen(
        [sys.executable, *command],
        cwd=here,
        env=ENVIRONMENT | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            found = re.search(r"https?://127\.0\.0\.1:(\d+)/", said)
            assert found, said
            yield int(found[1]), process
        finally:
            process.kill()


def asked(port: int, path: str, **headers: str) -> tuple[int, bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_verb_serves_until_it_is_told_to_end(tmp_path: Path, number: signal.Signals) -> None:
    with started(tmp_path, "-m", "underpaint", "studio", "--port", "0") as (port, process):
        assert asked(port, "/health")[0] == 200
        assert asked(port, "/sdapi/v1/options")[0] == 200
        assert asked(port, "/sdapi/v1/options", Host="evil.example")[0] == 421
        process.send_signal(number)
        assert process.wait(30) == 0
        assert process.stderr is not None and process.stderr.read() == ""
    assert (tmp_path / "outputs").is_dir()


def test_the_habits_of_a1111_do_the_same(tmp_path: Path) -> None:
    flags = "--api --port 0 --xformers --api-auth 'me:my secret' --data-dir d"
    script = str(ROOT / "webui.py")
    with started(tmp_path, script, COMMANDLINE_ARGS=flags) as (port, process):
        assert asked(port, "/sdapi/v1/options")[0] == 401
        right = "Basic bWU6bXkgc2VjcmV0"
        status, body = asked(port, "/sdapi/v1/cmd-flags", Authorization=right)
        assert status == 200 and b"my secret" not in body
        process.terminate()
        assert process.wait(30) == 0
        assert process.stderr is not None
        assert process.stderr.read() == (
            "webui: without meaning here, and so without effect: --xformers\n"
        )
    assert (tmp_path / "d" / "outputs").is_dir()


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("-m", "underpaint", "studio", "--listen"), "underpaint: --listen lets other machines in"),
        (("-m", "underpaint", "studio", "--port", "x"), "underpaint: port is 'x'"),
        ((str(ROOT / "webui.py"), "--listen"), "underpaint: --listen lets other machines in"),
        ((str(ROOT / "webui.py"), "--share"), "webui: --share is refused"),
    ],
)
def test_what_is_not_sound_ends_it_at_once(
    tmp_path: Path, command: tuple[str, ...], words: str
) -> None:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=tmp_path,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert line.startswith(words)
    assert not list(tmp_path.iterdir())


def test_options_become_settings(tmp_path: Path) -> None:
    kept = launch.settings(
        {"out": str(tmp_path), "models": ["a", "b"], "threads": "2", "device": "cpu", "dtype": None}
    )
    assert (kept.outputs, kept.models) == (tmp_path, (Path("a"), Path("b")))
    assert (kept.threads, kept.device, kept.dtype) == (2, "cpu", "auto")


def test_the_address_has_the_token_unless_a_password_is_asked_for() -> None:
    assert launch.address(Door(port=7, token="sesame")) == "http://127.0.0.1:7/?t=sesame"
    with_password = Door(port=7, token="sesame", accounts={"a": "b"}, scheme="https")
    assert launch.address(with_password) == "https://127.0.0.1:7/"


def test_the_file_for_flags_is_a_shell_script_that_starts_or_is_sourced(tmp_path: Path) -> None:
    script = ROOT / "webui-user.sh"
    assert os.access(script, os.X_OK)
    line = f'source "{script}"; echo "sourced: ${{COMMANDLINE_ARGS-none}}"'
    done = subprocess.run(
        ["bash", "-euc", line], capture_output=True, text=True, check=True, cwd=tmp_path, timeout=20
    )
    assert done.stdout == "sourced: none\n"
    windows = (ROOT / "webui-user.bat").read_bytes()
    assert b"set COMMANDLINE_ARGS=\r\n" in windows
    assert windows.count(b"\n") == windows.count(b"\r\n")
