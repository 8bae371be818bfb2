"""The keys of a picture's text: each is about a field that there is."""

from underpaint.requests._fields import fields
from underpaint.requests._keys import KEYS, LABELS
from underpaint.requests._upscalers import UPSCALERS
from underpaint.requests.image import ImageRequest


def test_every_key_is_about_a_field() -> None:
    known = {field.name for field in fields(ImageRequest)}
    assert {field for field in KEYS.values() if field} <= known
    assert set(LABELS) <= set(KEYS.values())


def test_every_value_with_a_name_is_allowed() -> None:
    known = {field.name: field for field in fields(ImageRequest)}
    for field, labels in LABELS.items():
        if known[field].kind is str and not known[field].choices:  # files have names too
            assert set(labels.values()) == set(UPSCALERS)
            continue
        allowed = known[field].choices or (False, True)
        assert set(labels.values()) == set(allowed)
