"""Verbs become a program, the options of one verb at a time."""

import inspect
from collections.abc import Callable

import pytest
import typer

from underpaint.faces._interruption import Interruption
from underpaint.faces._parameters import argument, option
from underpaint.faces._verbs import Values, Verb, program


def verb(done: list[str], name: str, **verbs: Verb) -> Verb:
    """Return a verb that notes what it was asked, and counts as options being made."""

    def work(values: Values, interruption: Interruption) -> int:
        del interruption
        done.append(f"{name} {values['size']}")
        return len(done)

    def parameters() -> list[inspect.Parameter]:
        done.append(f"options of {name}")
        return [option("size", "NUMBER", "How large.")]

    return Verb(f"Do {name}.", work, parameters, verbs)


def run(verbs: dict[str, Verb], *arguments: str) -> Callable[[object], int]:
    parser = typer.main.get_command(program(verbs, lambda: None, "All.", arguments[0]))
    return parser.main(list(arguments), prog_name="x", standalone_mode=False)


def test_a_verb_is_left_to_whoever_runs_it() -> None:
    done: list[str] = []
    verbs = {"one": verb(done, "one"), "two": verb(done, "two")}
    later = run(verbs, "two", "--size", "3")
    assert done == ["options of two"]
    assert later(None) == 2
    assert done[1:] == ["two 3"]


def test_a_verb_may_be_followed_by_another() -> None:
    done: list[str] = []
    verbs = {"one": verb(done, "one", inner=verb(done, "inner"))}
    run(verbs, "one", "--size", "1")(None)
    run(verbs, "one", "inner", "--size", "2")(None)
    assert [each for each in done if "options" not in each] == ["one 1", "inner 2"]


def test_help_names_the_verbs_within(capsys: pytest.CaptureFixture[str]) -> None:
    done: list[str] = []
    verbs = {"one": verb(done, "one", inner=verb(done, "inner"))}
    run(verbs, "one", "--help")
    told = capsys.readouterr().out
    assert "Do one." in told
    assert "inner  Do inner." in told


def test_every_verb_shows_faults_when_asked() -> None:
    seen: list[Values] = []

    def work(values: Values, interruption: Interruption) -> int:
        del interruption
        seen.append(values)
        return 0

    verbs = {"one": Verb("Do.", work, lambda: [argument("what", "WHAT", "What.")])}
    run(verbs, "one", "fox", "--debug")(None)
    assert seen == [{"what": "fox", "debug": True}]
