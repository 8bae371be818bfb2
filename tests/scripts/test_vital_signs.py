"""The vital signs see what they are for: each fault, planted, is found."""

import ast
from pathlib import Path

import pytest

from scripts import vital_signs
from scripts.vital_signs import Module


def module(text: str, name: str = "underpaint.studio.thing") -> Module:
    """A module with this text."""
    return Module(name, Path(f"{name}.py"), text)


def function(text: str) -> tuple[Module, vital_signs.Function]:
    """A module with this text, and its first function."""
    made = module(text)
    return made, next(made.functions())


def test_the_project_is_parsed_and_tabled() -> None:
    modules = [
        Module.read(path, vital_signs.ROOT) for path in Path("underpaint").resolve().rglob("*.py")
    ]
    signs = [*vital_signs.of_structure(modules), *vital_signs.of_size(modules)]
    lines = vital_signs.table(signs).splitlines()
    assert lines[0].split() == ["sign", "value", "limit", "ok"]
    assert lines[1].split() == ["import", "cycles", "0", "0", "yes"]


def test_a_cycle_is_found_however_long() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set[str](), "e": {"d"}}
    assert vital_signs.cycles(graph) == [["a", "b", "c"]]


def test_imports_are_of_the_innermost_module() -> None:
    names = frozenset({"underpaint", "underpaint.events", "underpaint.media"})
    source = module(
        "from underpaint import events\nfrom underpaint.media import Image\nimport ast\n"
    )
    assert vital_signs.imports(source, names) == {"underpaint.events", "underpaint.media"}


@pytest.mark.parametrize(
    ("name", "other", "broken"),
    [
        ("underpaint.media", "underpaint.engines.inline", True),
        ("underpaint.pipelines.image", "underpaint.training.loop", True),
        ("underpaint.engines.inline", "underpaint.media", False),
        ("underpaint.engines.inline", "underpaint.engines._worker", False),
        ("underpaint", "underpaint.engines.inline", False),
    ],
)
def test_a_floor_is_broken_by_an_import_up_or_beside(name: str, other: str, broken: bool) -> None:
    found = list(vital_signs.broken_floors({name: {other}, other: set()}, vital_signs.floors()))
    assert found == ([f"{name} imports {other}"] if broken else [])


def test_a_functions_lines_leave_docstring_and_blanks_out() -> None:
    made, found = function(
        'def f() -> int:\n    """One.\n\n    Two.\n    """\n    a = 1\n\n    # why\n    return a\n'
    )
    assert vital_signs.length(made, found) == 4
    made, found = function("def f() -> int:\n    a = 1\n\n    return a\n")
    assert vital_signs.length(made, found) == 3


def test_arguments_without_a_type_are_found() -> None:
    _, found = function("def f(self, a, b: int, *c, d, **e): ...\n")
    assert list(vital_signs.unannotated(found)) == ["a", "d", "c", "e", "return"]


def test_public_things_without_a_docstring_are_found() -> None:
    source = module('"""M."""\nclass A:\n    def b(self): ...\n    def _c(self): ...\n')
    found = {name: told for _, name, told in vital_signs.public(source)}
    assert found == {"the module": True, "A": False, "b": False}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("def f():\n    global a\n", "global"),
        ("try: pass\nexcept: pass\n", "bare except"),
        ("print(1)\n", "print"),
        ("import torch\ntorch.backends.x = 1\n", "assignment onto torch.backends.x"),
        ("from a import b as c\ndel c.d\n", "assignment onto c.d"),
    ],
)
def test_faults_are_found(text: str, fault: str) -> None:
    (found,) = vital_signs.faults(module(text))
    assert found.endswith(fault)


def test_faces_may_print_and_anyone_may_set_what_is_its_own() -> None:
    assert not list(vital_signs.faults(module("print(1)\n", "underpaint.faces.cli")))
    assert not list(vital_signs.faults(module("import torch\nself = torch.nn\nself.a = 1\n")))


def test_late_imports_are_found_unless_they_are_optional() -> None:
    source = module("import a\ndef f():\n    import b.c\n    from d.e import g\n")
    first, second = vital_signs.late_imports(source)
    assert first.endswith(":3 f imports b")
    assert second.endswith(":4 f imports d")
    assert not list(vital_signs.late_imports(source, frozenset({"b", "d"})))


def test_packages_of_extras_are_optional_and_those_of_development_are_not() -> None:
    assert "transformers" in vital_signs.optional()
    assert "pytest" not in vital_signs.optional()
    assert "torch" not in vital_signs.optional()


def test_lengths_are_held_against_their_limits() -> None:
    assert vital_signs.spread([1, 2, 30], {"median": 2, "max": 30}) == ("2 / 30", True)
    assert vital_signs.spread([1, 3, 30], {"median": 2}) == ("3", False)
    assert vital_signs.spread([], {"max": 1}) == ("0", True)


def test_who_is_beyond_a_limit_is_named() -> None:
    sign = vital_signs.counted("cycles", ["a -> b"])
    assert not sign.ok
    assert vital_signs.table([sign]).endswith("cycles:\n  a -> b")


def test_a_module_of_words_needs_no_tests() -> None:
    assert vital_signs.is_bare(module('"""Only words."""\n'))
    assert ast.parse("").body == []
