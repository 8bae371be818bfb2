"""Kinds of work, as the catalogues have them."""

import pytest

from underpaint import catalog
from underpaint.errors import UnknownEntryError
from underpaint.faces.api import kinds
from underpaint.requests.image import ImageRequest


def test_kinds_are_what_has_a_request_and_a_pipeline() -> None:
    assert "image" in kinds.kinds()
    assert set(kinds.kinds()) <= set(catalog.ids(kinds.PIPELINES))
    assert kinds.request_class("image") is ImageRequest


@pytest.mark.parametrize("name", ["train", "_fields", "", "../image", "os"])
def test_what_cannot_be_painted_is_no_kind(name: str) -> None:
    with pytest.raises(UnknownEntryError, match="in kinds; there are: "):
        kinds.request_class(name)


def test_every_kind_has_a_schema() -> None:
    assert set(kinds.schemas()) == set(kinds.kinds())
    assert kinds.schemas()["image"]["properties"]["prompt"]["type"] == "string"
