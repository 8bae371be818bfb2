"""The styles of a studio."""

from pathlib import Path

import pytest

from underpaint.errors import UnknownEntryError
from underpaint.requests.image import ImageRequest
from underpaint.studio.styles import Style, Styles

INK = Style("ink", "ink, {prompt}", "colour")


@pytest.fixture
def kept(tmp_path: Path) -> Styles:
    kept = Styles(tmp_path / "styles.csv")
    kept.keep(INK)
    return kept


def test_what_is_kept_is_there_until_it_is_dropped(kept: Styles) -> None:
    assert kept.all() == (INK,)
    assert kept.keep(Style("soft", "soft light", "")).name == "soft"
    kept.drop("ink")
    assert [style.name for style in kept.all()] == ["soft"]
    with pytest.raises(UnknownEntryError, match="no 'ink' in styles; there are: soft"):
        kept.drop("ink")


def test_they_go_on_every_prompt_that_a_request_has(kept: Styles) -> None:
    plain = ImageRequest(prompt="a fox", negative="rain")
    styled = kept.on(plain, ["ink"])
    assert (styled.prompt, styled.negative) == ("ink, a fox", "rain, colour")
    assert (styled.hires_prompt, styled.hires_negative) == ("", "")

    again = kept.on(ImageRequest(prompt="a fox", hires_prompt="a fine fox"), ["ink"])
    assert (again.hires_prompt, again.hires_negative) == ("ink, a fine fox", "")


def test_without_names_nothing_is_read_or_changed() -> None:
    plain = ImageRequest()
    assert Styles(Path("/nowhere/\0")).on(plain, []) is plain
