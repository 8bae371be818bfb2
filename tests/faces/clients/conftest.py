"""A studio as people start it: a process of its own, with the real engine and the tiny model."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Running:
    """A server that runs."""

    port: int
    token: str
    base: str


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Start `underpaint studio`, and end it."""
    folder = tmp_path_factory.mktemp("studio")
    arguments = ["--port", "0", "--out", str(folder / "o"), "--models", str(folder / "m")]
    process = subprocess.Popen(
        [sys.executable, "-m", "underpaint", "studio", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.search(r"(http://127\.0\.0\.1:(\d+))/\?t=(\S+)", said)
        assert found, said
        yield Running(int(found[2]), found[3], found[1])
        process.terminate()
        assert process.wait(30) == 0
