"""A1111's words for what is done with an init picture and a mask."""

from typing import get_args

from underpaint.requests._repainting import CONTENTS, RESIZES, Content, Resize


def test_every_way_has_a_label_in_the_order_of_the_menus() -> None:
    assert set(RESIZES) == set(get_args(Resize))
    assert set(CONTENTS) == set(get_args(Content))
    assert list(RESIZES)[2] == "fill"
    assert list(CONTENTS)[:2] == ["fill", "original"]
