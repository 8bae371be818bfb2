"""A folder is a catalogue: what is in it is listed without being run."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from underpaint import catalog
from underpaint.errors import UnknownEntryError

ENTRY = '''
"""An entry."""
from fractions import Fraction
LABEL = "Ripe"
ALIASES: tuple[str, ...] = ("ripe", "yellow")
ORDER = -1
COMPUTED = Fraction(1, 2)
lower = 1
first, SECOND = 1, 2
LATER: int
if True:
    NESTED = 1
def sample() -> None:
    INNER = 1
'''


@pytest.fixture
def fruits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the package `orchard.fruits`, which is on the path."""
    folder = tmp_path / "orchard" / "fruits"
    folder.mkdir(parents=True)
    (tmp_path / "orchard" / "__init__.py").write_text('"""Trees."""\n')
    (folder / "__init__.py").write_text('"""Fruits."""\n')
    (folder / "banana.py").write_text(ENTRY)
    (folder / "apple.py").write_text("raise RuntimeError('run')\n")
    (folder / "_peel.py").write_text("")
    (folder / "notes.txt").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "orchard"]:
        monkeypatch.delitem(sys.modules, name)
    return folder


@pytest.mark.usefixtures("fruits")
def test_ids_are_sorted_and_leave_helpers_out() -> None:
    assert catalog.ids("orchard.fruits") == ("apple", "banana")


def test_dropping_a_file_in_is_the_whole_registration(fruits: Path) -> None:
    catalog.ids("orchard.fruits")
    (fruits / "cherry.py").write_text("LABEL = 'Cherry'\n")
    (fruits / "date").mkdir()
    (fruits / "date" / "__init__.py").write_text("LABEL = 'Date'\n")
    assert catalog.ids("orchard.fruits") == ("apple", "banana", "cherry", "date")
    assert catalog.constants("orchard.fruits", "cherry") == {"LABEL": "Cherry"}
    assert catalog.constants("orchard.fruits", "date") == {"LABEL": "Date"}


@pytest.mark.usefixtures("fruits")
def test_an_entry_is_its_module() -> None:
    assert catalog.entry("orchard.fruits", "banana").LABEL == "Ripe"


@pytest.mark.usefixtures("fruits")
@pytest.mark.parametrize("read", [catalog.entry, catalog.constants])
@pytest.mark.parametrize("name", ["bananna", "_peel", "__init__", "", "banana.x", "../banana"])
def test_an_unknown_id_is_refused_with_the_list(read: object, name: str) -> None:
    assert callable(read)
    with pytest.raises(UnknownEntryError, match="in fruits; there are: apple, banana") as caught:
        read("orchard.fruits", name)
    assert caught.value.name == name


@pytest.mark.usefixtures("fruits")
def test_constants_are_the_upper_case_literals() -> None:
    found = catalog.constants("orchard.fruits", "banana")
    assert found == {"LABEL": "Ripe", "ALIASES": ("ripe", "yellow"), "ORDER": -1}


@pytest.mark.usefixtures("fruits")
def test_reading_does_not_run_the_entry() -> None:
    assert catalog.constants("orchard.fruits", "apple") == {}
    assert "orchard.fruits.apple" not in sys.modules
    with pytest.raises(RuntimeError, match="run"):
        catalog.entry("orchard.fruits", "apple")


def test_listing_the_samplers_costs_no_torch() -> None:
    program = (
        "import sys; from underpaint import catalog; package = 'underpaint.diffusion.samplers';"
        "print(*(catalog.constants(package, id)['LABEL'] for id in catalog.ids(package)), sep=',');"
        "sys.exit('torch' in sys.modules)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "DPM++ 2M" in done.stdout.strip().split(",")


def test_a_package_that_is_not_there_is_our_mistake() -> None:
    with pytest.raises(AssertionError, match=r"underpaint\.errors is not a package"):
        catalog.ids("underpaint.errors")


def test_many_threads_may_look_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.11's parser now and then raises SystemError where threads share it: gh-106905."""
    package = tmp_path / "wide"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "one.py").write_text(
        "LABEL = " + "(" * 60 + "1" + ")" * 60 + "\n" + "A = [1]\n" * 200
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: catalog.constants("wide", "one"), range(200)))
    assert all(constants == {"LABEL": 1, "A": [1]} for constants in found)
