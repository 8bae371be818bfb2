"""Write docs/cli.md from the command line's own help; with --check, fail if it is stale."""

import argparse
import difflib
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from underpaint.faces import cli
from underpaint.faces._verbs import Verb

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "cli.md"

TITLE = """# The command line

This page is made from the program's own help by `python scripts/cli_docs.py`.
"""

# The same words on every machine: a terminal's width and colours, and a language, are set here.
PLAIN = {
    "COLUMNS": "100",
    "TERMINAL_WIDTH": "100",
    "LINES": "40",
    "TERM": "dumb",
    "NO_COLOR": "1",
    "LC_ALL": "C.UTF-8",
    "PYTHONUTF8": "1",
}
LOUD = ("FORCE_COLOR", "CLICOLOR_FORCE", "PY_COLORS", "GITHUB_ACTIONS", "CI")


def page() -> str:
    """The page as the program would have it now."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        sections = list(pool.map(section, ["", *verbs(cli.VERBS)]))
    return "\n".join([TITLE, *sections])


def verbs(known: Mapping[str, Verb]) -> Iterator[str]:
    """Yield every verb, those that follow another behind it."""
    for name, verb in known.items():
        yield name
        yield from (f"{name} {inner}" for inner in verbs(verb.verbs))


def section(verb: str) -> str:
    """What the help says of a verb, or of the program for "", under its heading."""
    words = ["underpaint", *verb.split(), "--help"]
    return f"## {' '.join(words[:-1])}\n\n```\n{help_text(words[1:])}\n```\n"


def help_text(arguments: list[str]) -> str:
    """The program's help as plain text, without spaces at the ends of lines.

    Raises:
        subprocess.CalledProcessError: the program has no help for these arguments.
    """
    environment = {name: value for name, value in os.environ.items() if name not in LOUD} | PLAIN
    command = [sys.executable, "-m", "underpaint", *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment, cwd=ROOT)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout.decode()).splitlines()
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def main() -> int:
    """Write the page, or compare it; 1 if it is stale, else 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    wanted = page()
    if not parser.parse_args().check:
        PAGE.write_text(wanted, "utf-8")
        return 0
    found = PAGE.read_text("utf-8") if PAGE.exists() else ""
    changes = difflib.unified_diff(
        found.splitlines(), wanted.splitlines(), "docs/cli.md", "the program's help", lineterm=""
    )
    print(*changes, sep="\n", end="")
    if found != wanted:
        print("\ndocs/cli.md is stale; write it anew with: python scripts/cli_docs.py")
    return int(found != wanted)


if __name__ == "__main__":
    sys.exit(main())
