"""Ctrl-C, as the real signal."""

import signal

import pytest

from underpaint.faces._interruption import Interruption


def press() -> None:
    signal.raise_signal(signal.SIGINT)  # heard before the next line, which os.kill is not


def test_it_stops_the_work_at_once() -> None:
    done: list[str] = []
    with Interruption() as interruption, pytest.raises(KeyboardInterrupt):
        press()
        done.append("more")
    assert interruption.heard
    assert not done


def test_what_is_held_comes_to_its_end_first() -> None:
    done: list[str] = []
    with Interruption() as interruption, pytest.raises(KeyboardInterrupt):
        with interruption.held():
            press()
            done.append("kept")
        done.append("more")
    assert done == ["kept"]


def test_holding_without_a_signal_changes_nothing() -> None:
    with Interruption() as interruption:
        with interruption.held():
            pass
        assert not interruption.heard


def test_an_error_in_what_is_held_is_the_error() -> None:
    with (
        Interruption() as interruption,
        pytest.raises(ValueError, match="full"),
        interruption.held(),
    ):
        press()
        raise ValueError("full")
    assert interruption.heard


def test_afterwards_the_signal_is_as_it_was() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interruption():
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before
