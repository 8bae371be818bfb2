"""Models by the names that people know them by."""

from pathlib import Path

import pytest

from underpaint.errors import ModelNotFoundError
from underpaint.faces.a1111 import models
from underpaint.faces.a1111.models import Card
from underpaint.studio.app import Studio

SHA = "cc6cb27103417325ff94f52b7a5d2dde45a7515b25c255d8e396c90014281516"


def test_a_card_has_the_title_that_a1111_shows() -> None:
    card = Card("v1-5-pruned-emaonly", Path("/m/v1-5-pruned-emaonly.ckpt"), SHA)
    assert card.title == "v1-5-pruned-emaonly.ckpt [cc6cb27103]"
    assert set(card.names) == {
        *(card.title, "v1-5-pruned-emaonly", "v1-5-pruned-emaonly.ckpt", "cc6cb27103", SHA),
    }
    assert Card("a/b", Path("/m/a/b.ckpt")).title == "b.ckpt"
    assert set(Card("a/b", Path("/m/a/b.ckpt")).names) == {"b.ckpt", "a/b", "b"}
    assert Card("tiny").title == "tiny"


def test_models_are_found_by_any_name_in_any_case(studio: Studio) -> None:
    [mini] = [card for card in models._cards(studio) if card.name == "mini"]
    for name in (*mini.names, "MINI", "mini.safetensors [0000000000]", ""):
        assert models.named(studio, name) == mini
    assert models.named(studio, "tiny").path is None
    with pytest.raises(ModelNotFoundError, match="no 'sd15' in models; there are: mini"):
        models.named(studio, "sd15")


def test_a_model_that_was_chosen_and_is_gone_is_none(studio: Studio) -> None:
    studio.preferences.change({"sd_model_checkpoint": "gone"})
    assert models.current(studio) is None
    studio.preferences.change({"sd_model_checkpoint": None})
    current = models.current(studio)
    assert current is not None and current.name == "mini"
