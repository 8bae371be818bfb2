"""How the studio is set up, and what people change while it runs."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from underpaint.errors import RequestError
from underpaint.studio._database import Database
from underpaint.studio.settings import FILE, Preferences, Settings


def test_without_a_word_it_is_as_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings()
    assert (settings.outputs, settings.models) == (Path("outputs"), (Path("models"),))
    assert (settings.engine, settings.waiting) == ("inline", 1_000)


def test_arguments_go_before_the_environment_and_that_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / FILE).write_text('outputs = "from file"\nwaiting = 5\nmodels = ["a", "b"]\n')
    monkeypatch.setenv("UNDERPAINT_WAITING", "6")
    monkeypatch.setenv("UNDERPAINT_THREADS", "3")
    settings = Settings(threads=2)
    assert settings.outputs == Path("from file")
    assert settings.models == (Path("a"), Path("b"))
    assert (settings.waiting, settings.threads) == (6, 2)


def test_a_value_that_is_not_allowed_is_named() -> None:
    with pytest.raises(RequestError, match=r"waiting is 0; it should be greater than or equal"):
        Settings(waiting=0)


def test_nothing_changes_them_while_the_studio_runs() -> None:
    with pytest.raises(ValidationError):
        Settings().waiting = 7  # pyright: ignore[reportAttributeAccessIssue]


def test_preferences_last(database: Database) -> None:
    preferences = Preferences(database)
    assert preferences.all() == {}
    preferences.change({"sd_model_checkpoint": "mini", "quicksettings_list": ["a", 1, None]})
    preferences.change({"sd_model_checkpoint": "tiny"})
    again = Preferences(database)
    assert again.all() == {"sd_model_checkpoint": "tiny", "quicksettings_list": ["a", 1, None]}


@pytest.mark.parametrize("value", [object(), float("nan"), "x" * 2**21, {1j: 2}])
def test_what_cannot_be_kept_changes_nothing(database: Database, value: object) -> None:
    preferences = Preferences(database)
    with pytest.raises(RequestError):
        preferences.change({"good": 1, "bad": value})
    assert preferences.all() == {}
