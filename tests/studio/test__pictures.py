"""What is asked of the table of pictures."""

import pytest

from underpaint.media import Image
from underpaint.studio import _pictures


@pytest.mark.parametrize(
    ("size", "small"),
    [((200, 100), (50, 25)), ((100, 200), (25, 50)), ((40, 30), (40, 30)), ((1000, 1), (50, 1))],
)
def test_the_longer_side_is_made_to_fit(size: tuple[int, int], small: tuple[int, int]) -> None:
    image = Image("L", *size, bytes(size[0] * size[1]))
    shrunken = _pictures.shrunken(image, 50)
    assert (shrunken.width, shrunken.height) == small


def test_words_are_searched_as_they_are() -> None:
    assert _pictures._searched("") == ""
    assert _pictures._searched('a "b OR') == '"a"* """b"* "OR"*'
    assert len(_pictures._searched("a " * 999).split()) == 32


def test_a_query_has_a_value_for_each_mark() -> None:
    wanted = _pictures.Wanted("fox", "picture", True, "sky", "mini", "p", "j", True, 9, 5)
    query, values = wanted.query()
    assert query.count("?") == len(values) == 9
