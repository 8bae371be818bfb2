"""Print the project's vital signs, each beside its limit, and exit 1 if one is beyond it.

Everything is measured by parsing; only the last two signs run something, the command line's help.
What is counted as a line of a function is code and comment: neither its docstring nor blank lines.
"""

import ast
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "underpaint"

# Where any import may wait until it is needed, and where words may be printed.
LATE_IMPORTS = (f"{PACKAGE}.faces.cli", f"{PACKAGE}.engines.ray")
FACES = f"{PACKAGE}.faces"

Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = Function | ast.ClassDef


@dataclass(frozen=True)
class Module:
    """A source file, parsed."""

    name: str
    path: Path
    text: str = field(repr=False)

    @classmethod
    def read(cls, path: Path, root: Path) -> "Module":
        """Read the module at `path`, below the folder `root` that its package lies in."""
        parts = path.relative_to(root).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        return cls(name, path, path.read_text("utf-8"))

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax."""
        return ast.parse(self.text, str(self.path))

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return self.text.count("\n")

    def all(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        """Yield each node of these kinds."""
        return (node for node in ast.walk(self.tree) if isinstance(node, kinds))

    def functions(self) -> Iterator[Function]:
        """Yield each function, method and inner function."""
        for node in ast.walk(self.tree):
            if isinstance(node, Function):
                yield node

    def at(self, node: ast.AST, what: str = "") -> str:
        """Where a node is, for a person to go there."""
        place = f"{self.path.relative_to(ROOT) if self.path.is_relative_to(ROOT) else self.path}"
        return f"{place}:{getattr(node, 'lineno', 1)} {what}".rstrip()


class Sign(NamedTuple):
    """One measure: its name, its value and limit in words, and who is beyond the limit."""

    name: str
    value: str
    limit: str
    ok: bool
    beyond: tuple[str, ...] = ()


def counted(name: str, found: Iterable[str]) -> Sign:
    """A sign that should find nothing."""
    found = tuple(found)
    return Sign(name, str(len(found)), "0", not found, found)


def spread(values: Sequence[int], limits: Mapping[str, int]) -> tuple[str, bool]:
    """The median, 90th percentile or maximum of some lengths, and whether each is within limits."""
    ranked = sorted(values) or [0]
    places = {"median": len(ranked) // 2, "p90": int(len(ranked) * 0.9), "max": len(ranked) - 1}
    found = {which: ranked[min(places[which], len(ranked) - 1)] for which in limits}
    ok = all(found[which] <= limits[which] for which in limits)
    return " / ".join(str(value) for value in found.values()), ok


def share(name: str, all_of_them: int, missing: Iterable[str]) -> Sign:
    """A sign that should be true of every one."""
    missing = tuple(missing)
    percent = 100.0 if not all_of_them else 100 * (1 - len(missing) / all_of_them)
    return Sign(name, f"{percent:.1f} %", "100 %", not missing, missing)


def imports(module: Module, names: frozenset[str]) -> set[str]:
    """The modules among `names` that a module imports anywhere in its text."""
    found: set[str] = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found.update(inner & names or {node.module})
    return (found & names) - {module.name}


def cycles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """The groups of modules that reach each other by imports (Tarjan 1972)."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    groups: list[list[str]] = []

    def visit(name: str) -> None:
        order[name] = low[name] = len(order)
        stack.append(name)
        for other in sorted(graph[name]):
            if other not in order:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], order[other])
        if low[name] == order[name]:
            place = stack.index(name)
            groups.append(sorted(stack[place:]))
            del stack[place:]

    for name in graph:
        if name not in order:
            visit(name)
    return [group for group in groups if len(group) > 1]


def settings() -> dict[str, Any]:
    """What pyproject.toml says."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def floors() -> dict[str, int]:
    """The floor of each part of the package, 0 the highest, from pyproject.toml."""
    contracts = settings()["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if each["type"] == "layers")
    parts = [layer.strip("()").replace("|", " ").split() for layer in layers]
    return {part: floor for floor, names in enumerate(parts) for part in names}


def broken_floors(graph: Mapping[str, set[str]], floor: Mapping[str, int]) -> Iterator[str]:
    """Yield each import that goes up, or to a neighbour on the same floor."""
    for name, others in graph.items():
        for other in sorted(others):
            mine, its = (each.split(".")[1:2] for each in (name, other))
            if not mine or not its or mine == its or mine[0] not in floor:
                continue
            if floor[mine[0]] >= floor.get(its[0], -1):
                yield f"{name} imports {other}"


def length(module: Module, function: Function) -> int:
    """How many lines of a function are neither blank nor its docstring."""
    first = function.body[0]
    lines = module.text.splitlines()
    docstring = range(0)
    if ast.get_docstring(function, clean=False) is not None:
        docstring = range(first.lineno, (first.end_lineno or 0) + 1)
    every = range(function.lineno, (function.end_lineno or 0) + 1)
    return sum(bool(lines[at - 1].strip()) and at not in docstring for at in every)


def unannotated(function: Function) -> Iterator[str]:
    """Yield each argument without a type; `self` and `cls` need none."""
    every = function.args
    plain = [*every.posonlyargs, *every.args]
    if plain and plain[0].arg in ("self", "cls"):
        del plain[0]
    stars = [each for each in (every.vararg, every.kwarg) if each]
    yield from (a.arg for a in (*plain, *every.kwonlyargs, *stars) if a.annotation is None)
    if function.returns is None:
        yield "return"


def public(module: Module) -> Iterator[tuple[ast.AST, str, bool]]:
    """Yield each public thing, its name, and whether it has a docstring."""
    yield module.tree, "the module", ast.get_docstring(module.tree) is not None
    scopes: list[ast.Module | ast.ClassDef] = [module.tree]
    while scopes:
        for node in scopes.pop().body:
            if isinstance(node, Documented) and not node.name.startswith("_"):
                told = ast.get_docstring(node) is not None or _overrides(node)
                yield node, node.name, told
                if isinstance(node, ast.ClassDef):
                    scopes.append(node)


def _overrides(node: Documented) -> bool:
    names = {ast.unparse(each).rpartition(".")[2] for each in node.decorator_list}
    return bool(names & {"override", "overload"})


def late_imports(module: Module, extras: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield each import inside a function, but for those of optional packages."""
    for function in module.functions():
        for node in ast.walk(function):
            if isinstance(node, ast.ImportFrom):
                packages = {(node.module or "").partition(".")[0]}
            elif isinstance(node, ast.Import):
                packages = {alias.name.partition(".")[0] for alias in node.names}
            else:
                continue
            if not packages <= extras:
                yield module.at(node, f"{function.name} imports {', '.join(sorted(packages))}")


def optional() -> frozenset[str]:
    """The packages that the extras bring, those for development aside."""
    extras = settings()["project"]["optional-dependencies"]
    wanted = (each for name, packages in extras.items() if name != "dev" for each in packages)
    return frozenset(re.split(r"[^\w-]", each)[0].replace("-", "_") for each in wanted)


def faults(module: Module) -> Iterator[str]:
    """Yield what no module should do to others: globals, bare excepts, prints, foreign names."""
    foreign = {
        (alias.asname or alias.name).partition(".")[0]
        for node in module.all(ast.Import, ast.ImportFrom)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    for node in ast.walk(module.tree):
        match node:
            case ast.Global():
                yield module.at(node, "global")
            case ast.ExceptHandler(type=None):
                yield module.at(node, "bare except")
            case ast.Call(func=ast.Name("print")) if not module.name.startswith(FACES):
                yield module.at(node, "print")
            case ast.Attribute(ctx=ast.Store() | ast.Del()) if _base(node) in foreign:
                yield module.at(node, f"assignment onto {ast.unparse(node)}")


def _base(node: ast.expr) -> str | None:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def mirror(module: Module) -> Path:
    """Where the tests of a module lie."""
    inner = module.path.relative_to(ROOT / PACKAGE)
    return ROOT / "tests" / inner.parent / f"test_{inner.name}"


def is_bare(module: Module) -> bool:
    """Whether a module is a docstring only, and so has nothing to test."""
    return len(module.tree.body) <= 1


def help_time(runs: int = 5) -> Sign:
    """How long the help takes from the shell, at best."""
    program = Path(sys.executable).parent / PACKAGE
    command = [str(program)] if program.exists() else [sys.executable, "-m", PACKAGE]
    times: list[float] = []
    for _ in range(runs):
        start = time.perf_counter()
        done = subprocess.run([*command, "--help"], check=False, capture_output=True, cwd=ROOT)
        times.append(time.perf_counter() - start)
        if done.returncode:
            words = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
            return Sign("help, best of some", "fails", "< 0.50 s", False, tuple(words))
    return Sign("help, best of some", f"{min(times):.2f} s", "< 0.50 s", min(times) < 0.5)


def help_without_torch() -> Sign:
    """Whether the help leaves torch alone."""
    program = (
        f"import atexit, runpy, sys; sys.argv = [{PACKAGE!r}, '--help']\n"
        "atexit.register(lambda: print('torch' in sys.modules, file=sys.stderr))\n"
        f"runpy.run_module({PACKAGE!r}, run_name='__main__')"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    value = {"False": "no", "True": "yes"}.get(done.stderr.strip()[-5:].strip(), "fails")
    return Sign("help imports torch", value, "no", value == "no")


def of_structure(modules: Sequence[Module]) -> Iterator[Sign]:
    """Yield the signs of what imports what."""
    names = frozenset(module.name for module in modules)
    graph = {module.name: imports(module, names) for module in modules}
    yield counted("import cycles", (" -> ".join(group) for group in cycles(graph)))
    yield counted("broken floors", broken_floors(graph, floors()))
    extras = optional()
    late = (
        each
        for module in modules
        if module.name not in LATE_IMPORTS
        for each in late_imports(module, extras)
    )
    yield counted("imports inside functions", late)


def of_size(modules: Sequence[Module]) -> Iterator[Sign]:
    """Yield the signs of length."""
    functions = [
        (length(module, function), module.at(function, function.name))
        for module in modules
        for function in module.functions()
    ]
    value, ok = spread([size for size, _ in functions], {"median": 8, "p90": 25, "max": 60})
    long = tuple(f"{where}: {size} lines" for size, where in functions if size > 60)
    yield Sign("function lines, median / p90 / max", value, "8 / 25 / 60", ok, long)

    sizes = [module.lines for module in modules if not is_bare(module)]
    value, ok = spread(sizes, {"p90": 250, "max": 400})
    long = tuple(
        module.at(module.tree, f"{module.lines} lines") for module in modules if module.lines > 400
    )
    yield Sign("file lines, p90 / max", value, "250 / 400", ok, long)


def of_words(modules: Sequence[Module]) -> Iterator[Sign]:
    """Yield the signs of what is said about the code, and of what it must not do."""
    functions = [(module, function) for module in modules for function in module.functions()]
    untyped = [m.at(f, f"{f.name}: {name}") for m, f in functions for name in unannotated(f)]
    arguments = sum(
        len([node for node in ast.walk(f.args) if isinstance(node, ast.arg)]) + 1
        for _, f in functions
    )
    yield share("arguments annotated", arguments, untyped)

    things = [(module, *thing) for module in modules for thing in public(module)]
    untold = [module.at(node, name) for module, node, name, told in things if not told]
    yield share("public docstrings", len(things), untold)
    yield counted(
        "global, bare except, print, foreign names", (f for m in modules for f in faults(m))
    )


def of_tests(modules: Sequence[Module]) -> Iterator[Sign]:
    """Yield the signs of how much is tested."""
    tests = [Module.read(path, ROOT) for path in sorted((ROOT / "tests").rglob("*.py"))]
    source = sum(module.lines for module in modules)
    ratio = sum(test.lines for test in tests) / max(source, 1)
    yield Sign("test lines : source lines", f"{ratio:.2f}", ">= 0.80", ratio >= 0.8)
    tested = [
        module for module in modules if not is_bare(module) and module.path.name != "__main__.py"
    ]
    lonely = (
        module.at(module.tree, "has no mirror") for module in tested if not mirror(module).exists()
    )
    yield counted("source files without tests", lonely)


def of_help(_: Sequence[Module]) -> Iterator[Sign]:
    """Yield the signs of how fast the command line is there."""
    yield help_time()
    yield help_without_torch()


SIGNS: tuple[Callable[[Sequence[Module]], Iterator[Sign]], ...] = (
    of_structure,
    of_size,
    of_words,
    of_tests,
    of_help,
)


def table(signs: Sequence[Sign]) -> str:
    """The signs as text: a line each, and below them who is beyond a limit."""
    width = max(len(sign.name) for sign in signs)
    lines = [f"{'sign':<{width}}  {'value':>14}  {'limit':>14}  ok"]
    for name, value, limit, ok, _ in signs:
        lines.append(f"{name:<{width}}  {value:>14}  {limit:>14}  {'yes' if ok else 'NO'}")
    for sign in signs:
        if sign.beyond:
            lines += ["", f"{sign.name}:", *(f"  {each}" for each in sign.beyond)]
    return "\n".join(lines)


def main() -> int:
    """Print the table; 1 if a sign is beyond its limit, else 0."""
    modules = [Module.read(path, ROOT) for path in sorted((ROOT / PACKAGE).rglob("*.py"))]
    signs = [sign for measure in SIGNS for sign in measure(modules)]
    print(table(signs))
    return 0 if all(sign.ok for sign in signs) else 1


if __name__ == "__main__":
    sys.exit(main())
