"""Styles asked for by options."""

from pathlib import Path

import pytest

from underpaint.errors import UnknownEntryError
from underpaint.faces import _styles
from underpaint.requests.image import ImageRequest

REQUEST = ImageRequest(prompt="a fox", negative="rain", seed=1, variation_seed=1)


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "mine.csv"
    path.write_text('name,prompt,negative_prompt\nink,"ink, {prompt}",\nsoft,soft light,sun\n')
    return str(path)


def test_the_options_have_their_names() -> None:
    assert [parameter.name for parameter in _styles.parameters()] == ["style", "styles"]


def test_styles_go_on_in_the_order_asked_for(file: str) -> None:
    found = _styles.styled(REQUEST, {"style": ["soft", "ink"], "styles": file})
    assert (found.prompt, found.negative) == ("ink, a fox, soft light", "rain, sun")
    assert found.seed == REQUEST.seed


def test_without_a_style_no_file_is_read() -> None:
    assert _styles.styled(REQUEST, {"style": None, "styles": "/nowhere/\0"}) is REQUEST


def test_the_file_is_looked_for_where_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnknownEntryError, match="no 'ink' in styles; there are: none"):
        _styles.styled(REQUEST, {"style": ["ink"], "styles": None})
    Path(file).rename(tmp_path / "styles.csv")
    assert _styles.styled(REQUEST, {"style": ["ink"], "styles": None}).prompt == "ink, a fox"
