"""The page of the command line is the program's own help, in the same words everywhere."""

from pathlib import Path

import pytest

from scripts import cli_docs
from underpaint.faces import cli


def test_help_has_no_colours_and_no_loose_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = cli_docs.help_text(["--help"])
    for name, value in {"FORCE_COLOR": "1", "COLUMNS": "40", "LANG": "C", "CI": "true"}.items():
        monkeypatch.setenv(name, value)
    assert cli_docs.help_text(["--help"]) == plain
    assert "\x1b" not in plain
    assert not [line for line in plain.splitlines() if line != line.rstrip()]


def test_every_verb_has_its_section(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_docs, "help_text", " ".join)
    page = cli_docs.page()
    for verb in cli_docs.verbs(cli.VERBS):
        assert f"## underpaint {verb}\n\n```\n{verb} --help\n```\n" in page
    assert "## underpaint models pull\n" in page


def test_a_stale_page_is_told_and_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli_docs, "PAGE", tmp_path / "cli.md")
    monkeypatch.setattr(cli_docs, "page", lambda: "new\n")
    monkeypatch.setattr("sys.argv", ["cli_docs.py", "--check"])
    (tmp_path / "cli.md").write_text("old\n")
    assert cli_docs.main() == 1
    assert "-old\n+new\n" in capsys.readouterr().out
    assert (tmp_path / "cli.md").read_text() == "old\n"

    monkeypatch.setattr("sys.argv", ["cli_docs.py"])
    assert cli_docs.main() == 0
    monkeypatch.setattr("sys.argv", ["cli_docs.py", "--check"])
    assert cli_docs.main() == 0
    assert capsys.readouterr().out == ""
