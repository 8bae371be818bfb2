"""An entry of a menu, by whatever name it is called."""

import pytest

from underpaint.errors import UnknownEntryError
from underpaint.requests._labels import id_of

LABELS = {"no_norm": "No norm", "none": "None"}


@pytest.mark.parametrize("name", ["no_norm", "NO_NORM", "No norm", "no NORM"])
def test_an_id_and_a_label_will_do_in_any_letter_case(name: str) -> None:
    assert id_of(name, LABELS, "ways") == "no_norm"


@pytest.mark.parametrize("name", ["", "no", "no-norm", "no norm "])
def test_another_is_refused_and_the_error_lists_what_there_is(name: str) -> None:
    with pytest.raises(UnknownEntryError, match=f"no '{name}' in ways; there are: no_norm, none"):
        id_of(name, LABELS, "ways")
