"""The scripts' environment is made once, trusted only when whole, and found from anywhere."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OLD_ENOUGH = "3.11.0"

# Stands in for python3: makes an environment that has a copy of itself, and writes down each call
# of pip, which fails, or waits to be killed, when a file says so.
STUB = """#!/bin/sh
case "$1 $2" in
    "-c import"*) test "$STUB_VERSION" != "3.9.2" ;;
    "--version "*) echo "Python $STUB_VERSION" ;;
    "-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    "-m pip")
        echo "$@" >>"$STUB_LOG"
        test ! -e "$STUB_LOG.wait" || { touch "$STUB_LOG.waiting"; exec sleep 60; }
        test ! -e "$STUB_LOG.fail" || { echo "ERROR: no network" >&2; exit 1; } ;;
    *) echo "ran in $PWD: $@" ;;
esac
"""

pytestmark = pytest.mark.skipif(not shutil.which("bash"), reason="the scripts are for bash")


class Clone:
    """A clone of the repository's scripts, on a machine whose only Python is the stub."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "a clone"
        self.log = folder / "pip.log"
        machine = folder / "machine"
        shutil.copytree(ROOT / "scripts", self.root / "scripts")
        for name in ("pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, self.root)
        machine.mkdir()
        (machine / "python3").write_text(STUB)
        (machine / "python3").chmod(0o755)
        for tool in (
            "bash",
            "sh",
            "cat",
            "cksum",
            "cp",
            "dirname",
            "mkdir",
            "rm",
            "sleep",
            "touch",
        ):
            (machine / tool).symlink_to(str(shutil.which(tool)))
        self.environment = {"PATH": str(machine), "STUB_LOG": str(self.log)}
        self.elsewhere = folder

    def start(
        self, script: str, *arguments: str, version: str = OLD_ENOUGH
    ) -> subprocess.Popen[str]:
        """Start a script from another folder."""
        return subprocess.Popen(
            [self.root / "scripts" / script, *arguments],
            env=self.environment | {"STUB_VERSION": version},
            cwd=self.elsewhere,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, script: str, *arguments: str, version: str = OLD_ENOUGH) -> tuple[int, str, str]:
        """Run a script to its end: its exit code, and what it said."""
        process = self.start(script, *arguments, version=version)
        out, err = process.communicate(timeout=30)
        return process.returncode, out, err

    @property
    def installs(self) -> list[str]:
        """What pip was asked to install, in order."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [line.rpartition(" ")[2] for line in lines]


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """A clone in a folder whose name has a space."""
    return Clone(tmp_path)


def test_the_first_run_installs_and_the_second_does_not(clone: Clone) -> None:
    code, out, err = clone.run("run")
    assert code == 0
    assert err == "Installing the studio, a minute or two ...\n"
    assert f"ran in {clone.root}: -m underpaint image" in out
    assert f"The pictures are in {clone.root / 'outputs'}" in out

    code, _, err = clone.run("run")
    assert (code, err) == (0, "")
    assert clone.installs == ["."]


def test_the_tests_need_more_and_then_a_run_needs_nothing(clone: Clone) -> None:
    clone.run("run")
    code, out, _ = clone.run("test", "-k", "two words")
    assert code == 0
    assert (
        out == f"ran in {clone.root}: -m pytest --numprocesses auto --dist worksteal -k two words\n"
    )
    clone.run("test")
    clone.run("run")
    assert clone.installs == [".", ".[dev]"]


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_new_requirements_are_installed_on_top(clone: Clone, name: str) -> None:
    clone.run("test")
    (clone.root / ".venv" / "mine").touch()
    with (clone.root / name).open("a") as file:
        file.write("# changed\n")
    clone.run("run")
    clone.run("test")
    assert clone.installs == [".[dev]", ".", ".[dev]"]
    assert (clone.root / ".venv" / "mine").exists()


def test_a_clone_that_moved_is_installed_again(clone: Clone, tmp_path: Path) -> None:
    clone.run("run")
    clone.root = clone.root.rename(tmp_path / "elsewhere now")
    clone.run("run")
    assert clone.installs == [".", "."]


def test_a_failed_install_says_so_and_is_not_trusted(clone: Clone) -> None:
    Path(f"{clone.log}.fail").touch()
    code, out, err = clone.run("run")
    assert (code, out) == (1, "")
    assert "ERROR: no network\nThe studio is not installed; the lines above say why." in err

    Path(f"{clone.log}.fail").unlink()
    (clone.root / ".venv" / "half").touch()
    assert clone.run("run")[0] == 0
    assert clone.installs == [".", "."]
    assert not (clone.root / ".venv" / "half").exists()


def test_a_killed_install_is_not_trusted(clone: Clone) -> None:
    wait, waiting = Path(f"{clone.log}.wait"), Path(f"{clone.log}.waiting")
    wait.touch()
    process = clone.start("test")
    deadline = time.monotonic() + 20
    while not waiting.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()

    wait.unlink()
    (clone.root / ".venv" / "half").touch()
    assert clone.run("test")[0] == 0
    assert clone.installs == [".[dev]", ".[dev]"]
    assert not (clone.root / ".venv" / "half").exists()


def test_somebodys_own_environment_is_kept(clone: Clone) -> None:
    binaries = clone.root / ".venv" / "bin"
    binaries.mkdir(parents=True)
    shutil.copy(Path(clone.environment["PATH"]) / "python3", binaries / "python")
    (clone.root / ".venv" / "mine").touch()
    assert clone.run("run")[0] == 0
    assert (clone.root / ".venv" / "mine").exists()


def test_an_old_python_is_refused_in_one_sentence(clone: Clone) -> None:
    code, out, err = clone.run("run", version="3.9.2")
    assert (code, out) == (1, "")
    assert err == "underpaint needs Python 3.11 or newer; here python3 is: Python 3.9.2\n"
    assert not (clone.root / ".venv" / "bin").exists()


def test_no_python_is_said_in_one_sentence(clone: Clone) -> None:
    (Path(clone.environment["PATH"]) / "python3").unlink()
    code, _, err = clone.run("run")
    assert code == 1
    assert err == "underpaint needs Python 3.11 or newer; here python3 is: missing\n"
