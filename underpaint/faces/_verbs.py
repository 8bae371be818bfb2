"""Verbs, and how typer is told of them: values in, a program out."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

import typer

from underpaint.faces._interruption import Interruption
from underpaint.faces._parameters import command, flag

__all__ = ["Values", "Verb", "program"]

Values: TypeAlias = Mapping[str, Any]
"""The options of a verb, by name."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One thing the program can do.

    Attributes:
        help: what, for people.
        work: does it, given the values of the options; returns the exit code.
        parameters: makes the options.
        verbs: those that may follow it; without one it does its own work.
    """

    help: str
    work: Callable[[Values, Interruption], int]
    parameters: Callable[[], list[inspect.Parameter]]
    verbs: Mapping[str, "Verb"] = field(default_factory=dict)


def program(
    verbs: Mapping[str, Verb], about: Callable[..., None], words: str, verb: str
) -> typer.Typer:
    """Return the program as typer knows it.

    Args:
        verbs: all of them, by name.
        about: takes the options that need no verb.
        words: the help of the whole.
        verb: the one whose options are made; all of them together would take as long to make as
            a verb takes to run.
    """
    app = typer.Typer(add_completion=False, rich_markup_mode=None, help=words)
    app.callback()(about)
    for name, known in verbs.items():
        if known.verbs:
            app.add_typer(_group(known, made=verb == name), name=name, help=known.help)
        else:
            app.command(name, help=known.help)(_function(known, made=verb == name))
    return app


def _group(known: Verb, *, made: bool) -> typer.Typer:
    """Return a verb that others may follow as typer knows it."""
    group = typer.Typer(rich_markup_mode=None)
    group.callback(invoke_without_command=True)(_function(known, made=made))
    for name, inner in known.verbs.items():
        group.command(name, help=inner.help)(_function(inner, made=made))
    return group


def _function(known: Verb, *, made: bool) -> Callable[..., Any]:
    parameters = known.parameters() if made else []
    parameters.append(flag("debug", "Show the whole trace of a fault."))
    return command(partial(_later, known.work), parameters)


def _later(
    work: Callable[[Values, Interruption], int], values: Values
) -> Callable[[Interruption], int]:
    """Leave the work to `run`, so that its errors pass through no hands but ours."""
    return partial(work, values)
