"""Parameters of a command, as values: typer reads them off a function's signature."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer


def argument(name: str, metavar: str, words: str, *, required: bool = True) -> inspect.Parameter:
    """Return a value that is given by its place.

    Args:
        name: what the work calls it.
        metavar: what the help calls it.
        words: its line in the help.
        required: it must be given; None stands for one that was not.
    """
    info = typer.Argument(metavar=metavar, help=words, show_default=False)
    kind = str if required else str | None
    return _parameter(name, Annotated[kind, info], inspect.Parameter.empty if required else None)


def option(
    name: str, metavar: str, words: str, *, default: str = "", many: bool = False
) -> inspect.Parameter:
    """Return a text that is given by its name; None when it is not.

    Args:
        name: what the work calls it; "--" goes before it and hyphens into it.
        metavar: what the help calls its value.
        words: its line in the help.
        default: what the work takes when none is given, for the help; "" for nothing worth saying.
        many: it may be given more than once, and comes as a list.
    """
    dashed = f"--{name.replace('_', '-')}"
    words = f"{words} [default: {default}]" if default else words
    info = typer.Option(dashed, metavar=metavar, help=words, show_default=False)
    kind: Any = list[str] if many else str
    return _parameter(name, Annotated[kind | None, info], None)


def flag(name: str, words: str, *, no: bool = False) -> inspect.Parameter:
    """Return a yes or no; None when it is not given.

    Args:
        name: what the work calls it.
        words: its line in the help.
        no: there is a `--no-name`, too.
    """
    dashed = name.replace("_", "-")
    names = f"--{dashed}/--no-{dashed}" if no else f"--{dashed}"
    info = typer.Option(names, help=words, show_default=False)
    return _parameter(name, Annotated[bool | None, info], None)


def command(work: Callable[..., object], parameters: list[inspect.Parameter]) -> Callable[..., Any]:
    """Return a function with these parameters, as typer wants it, that hands them to `work`.

    Args:
        work: takes all values in one mapping, by name.
        parameters: in the order of the help.
    """

    def named(**values: object) -> object:
        return work(values)

    named.__dict__["__signature__"] = inspect.Signature(parameters)
    named.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return named


def _parameter(name: str, annotation: object, default: object) -> inspect.Parameter:
    keyword = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, keyword, default=default, annotation=annotation)
