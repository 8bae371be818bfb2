"""A recipe on the machine at hand."""

import pytest

from underpaint.errors import RequestError
from underpaint.training.budget import asked
from underpaint.training.recipes import mini, mini_next


def test_without_a_word_it_is_the_recipe_itself() -> None:
    assert asked(mini, {}) == mini.request()


def test_a_large_gpu_has_settings_of_its_own() -> None:
    request = asked(mini_next, {}, gpu=True)
    assert request.batch == mini_next.GPU["batch"] > mini_next.request().batch
    assert request.network == mini_next.request().network


def test_what_a_person_says_goes_before_all_else() -> None:
    assert asked(mini_next, {"batch": 7}, gpu=True).batch == 7
    assert asked(mini, {"batch": 7}).batch == 7


def test_a_recipe_without_settings_for_a_gpu_says_so() -> None:
    with pytest.raises(RequestError, match="recipe 'mini' has no settings of its own for a GPU"):
        asked(mini, {}, gpu=True)
