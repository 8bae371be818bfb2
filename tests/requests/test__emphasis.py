"""The names of the ways in which weights count."""

import pytest

from underpaint.errors import UnknownEntryError
from underpaint.requests._emphasis import EMPHASES, emphases, emphasis_id


def test_every_way_is_known_by_id_and_label_in_any_letter_case() -> None:
    assert tuple(EMPHASES) == emphases()
    for id, label in EMPHASES.items():
        assert {emphasis_id(name) for name in (id, id.upper(), label, label.upper())} == {id}


def test_another_is_refused() -> None:
    with pytest.raises(UnknownEntryError, match="no 'loud' in emphases; there are: original, no_"):
        emphasis_id("loud")
