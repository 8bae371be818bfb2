"""Ctrl-C, as the real signal, in a process of its own: it would end the one that tests."""

import subprocess
import sys
from textwrap import dedent, indent

START = """
import signal
from underpaint.faces._interruption import Interruption

def press():
    signal.raise_signal(signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
done, ended, interruption = [], "", Interruption()
try:
    with interruption:
"""
END = """
except BaseException as error:
    ended = repr(error)
print(done, ended, interruption.heard, signal.getsignal(signal.SIGINT).__name__)
"""


def ran(work: str) -> str:
    """Return what is done, how it ends and whether Ctrl-C was heard, of work within."""
    program = START + indent(dedent(work), 8 * " ") + END
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    said, _, handler = done.stdout.strip().rpartition(" ")
    assert handler == "default_int_handler"
    return said


def test_it_stops_the_work_at_once() -> None:
    work = """
        press()
        done.append("more")
    """
    assert ran(work) == "[] KeyboardInterrupt() True"


def test_what_is_held_comes_to_its_end_first() -> None:
    work = """
        with interruption.held():
            press()
            done.append("kept")
        done.append("more")
    """
    assert ran(work) == "['kept'] KeyboardInterrupt() True"


def test_holding_without_a_signal_changes_nothing() -> None:
    work = """
        with interruption.held():
            done.append("kept")
        done.append("more")
    """
    assert ran(work) == "['kept', 'more']  False"


def test_an_error_in_what_is_held_is_the_error() -> None:
    work = """
        with interruption.held():
            press()
            raise ValueError("full")
    """
    assert ran(work) == "[] ValueError('full') True"
