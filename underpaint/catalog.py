"""A folder is a catalogue: a module in it is an entry, and its file name is the entry's id.

Dropping a file in is the whole registration. Names and labels are read without running a module,
so listing the samplers costs no torch. A module whose name starts with an underscore is a helper
of its neighbours, not an entry.
"""

import ast
import pkgutil
import threading
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from underpaint.errors import UnknownEntryError


def ids(package: str) -> tuple[str, ...]:
    """The ids in a catalogue, sorted; no entry is imported.

    Args:
        package: the folder's dotted name, such as "underpaint.diffusion.samplers".
    """
    modules = pkgutil.iter_modules([str(folder) for folder in _folders(package)])
    return tuple(sorted(module.name for module in modules if not module.name.startswith("_")))


def entry(package: str, id: str) -> ModuleType:
    """The module of an entry, imported if it was not yet.

    Args:
        package: the folder's dotted name.
        id: one of `ids(package)`.

    Raises:
        UnknownEntryError: there is no such entry; lists those there are.
    """
    _check(package, id)
    return import_module(f"{package}.{id}")


def constants(package: str, id: str) -> dict[str, object]:
    """The upper-case names that an entry's top level gives a literal, such as LABEL.

    The source is parsed and never run: a value that must be computed is left out.

    Args:
        package: the folder's dotted name.
        id: one of `ids(package)`.

    Raises:
        UnknownEntryError: there is no such entry; lists those there are.
    """
    _check(package, id)
    return dict(_literals(_source(package, id)))


def _check(package: str, id: str) -> None:
    allowed = ids(package)
    if id not in allowed:
        raise UnknownEntryError(package.rpartition(".")[2], id, allowed)


def _folders(package: str) -> tuple[Path, ...]:
    spec = find_spec(package)
    assert spec is not None and spec.submodule_search_locations, f"{package} is not a package"
    return tuple(Path(place) for place in spec.submodule_search_locations)


_PARSING = threading.Lock()
"""Python 3.11 counts the depth of all threads' parsing together, and gives up: gh-106905."""


def _source(package: str, id: str) -> str:
    spec = find_spec(f"{package}.{id}")
    assert spec is not None and spec.origin is not None, f"{package}.{id} is not a file"
    return Path(spec.origin).read_text("utf-8")


def _literals(source: str) -> Iterator[tuple[str, object]]:
    with _PARSING:
        parsed = ast.parse(source)
    for statement in parsed.body:
        match statement:
            case ast.Assign(targets=[ast.Name(name)], value=value):
                pass
            case ast.AnnAssign(target=ast.Name(name), value=ast.expr() as value):
                pass
            case _:
                continue
        if name.isupper():
            try:
                yield name, ast.literal_eval(value)
            except ValueError:
                continue
