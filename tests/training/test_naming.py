"""Names inside sentences."""

import pytest

from underpaint.training.naming import article, countable, plural


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("banana", "a"),
        ("apple", "an"),
        ("umbrella", "an"),
        ("unicorn", "a"),
        ("hourglass", "an"),
        ("ewe", "a"),
        ("Owl", "an"),
    ],
)
def test_articles_follow_the_sound(name: str, said: str) -> None:
    assert article(name) == said


@pytest.mark.parametrize(
    ("one", "several"),
    [
        ("banana", "bananas"),
        ("red apple", "red apples"),
        ("fox", "foxes"),
        ("cherry", "cherries"),
        ("monkey", "monkeys"),
        ("mouse", "mice"),
        ("tropical fish", "tropical fish"),
        ("sandwich", "sandwiches"),
        ("fallen leaf", "fallen leaves"),
    ],
)
def test_several_are_called_as_people_do(one: str, several: str) -> None:
    assert countable(one)
    assert plural(one) == several


@pytest.mark.parametrize(
    "name",
    ["grapes", "cooked rice", "person swimming", "flag: Chile", "face with tears of joy", "bread"],
)
def test_what_nobody_counts_is_not_counted(name: str) -> None:
    assert not countable(name)
