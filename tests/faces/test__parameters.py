"""Parameters as values, read by the real typer."""

import inspect
from collections.abc import Mapping

import pytest
import typer
from typer.testing import CliRunner

from underpaint.faces._parameters import argument, command, flag, option

EVERY = [
    argument("file", "FILE", "What to read."),
    argument("more", "MORE", "What else to read.", required=False),
    option("guidance_scale", "0..30", "How strongly.", default="7"),
    option("models", "FOLDER", "Where.", many=True),
    flag("json", "As JSON."),
    flag("flip", "Mirrored.", no=True),
]


def parsed(*arguments: str) -> Mapping[str, object]:
    """Return the values that the command is handed."""
    seen: list[Mapping[str, object]] = []
    app = typer.Typer(rich_markup_mode=None)
    app.command()(command(seen.append, EVERY))
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == 0, done.output
    return seen[0]


def test_what_is_not_given_is_none() -> None:
    assert parsed("a") == {
        "file": "a",
        "more": None,
        "guidance_scale": None,
        "models": None,
        "json": None,
        "flip": None,
    }


def test_what_is_given_is_handed_on_as_text() -> None:
    given = parsed(
        *(
            "a",
            "b",
            "--guidance-scale",
            "-1",
            "--models",
            "x",
            "--models",
            "y",
            "--json",
            "--no-flip",
        )
    )
    assert given == {
        "file": "a",
        "more": "b",
        "guidance_scale": "-1",
        "models": ["x", "y"],
        "json": True,
        "flip": False,
    }


@pytest.mark.parametrize(
    "words", ["--guidance-scale 0..30", "[default: 7]", "--no-flip", "As JSON."]
)
def test_the_help_tells_of_it(words: str) -> None:
    app = typer.Typer(rich_markup_mode=None)
    app.command()(command(lambda values: None, EVERY))
    assert words in CliRunner().invoke(app, ["--help"]).output


def test_parameters_come_by_name_only() -> None:
    assert {parameter.kind for parameter in EVERY} == {inspect.Parameter.KEYWORD_ONLY}
