"""The tree of errors, and the sentences that people read."""

import inspect
import pickle

import pytest

from underpaint import errors
from underpaint.errors import (
    QueueFullError,
    RequestError,
    StorageError,
    UnderpaintError,
    UnknownEntryError,
)

OURS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if kind.__module__ == errors.__name__
]


@pytest.mark.parametrize("kind", OURS)
def test_one_class_catches_every_error(kind: type[Exception]) -> None:
    assert issubclass(kind, UnderpaintError)


@pytest.mark.parametrize("kind", OURS)
def test_the_tree_in_the_docstring_has_every_error(kind: type[Exception]) -> None:
    assert errors.__doc__ is not None
    assert kind.__name__ in errors.__doc__


def test_an_unknown_entry_is_a_request_error_and_a_value_error() -> None:
    assert issubclass(UnknownEntryError, RequestError)
    assert issubclass(UnknownEntryError, ValueError)


def test_an_unknown_entry_lists_what_there_is() -> None:
    error = UnknownEntryError("samplers", "eular", ("dpmpp_2m", "euler"))
    assert str(error) == "no 'eular' in samplers; there are: dpmpp_2m, euler"
    assert (error.kind, error.name, error.allowed) == ("samplers", "eular", ("dpmpp_2m", "euler"))


def test_an_empty_list_is_said_to_be_empty() -> None:
    assert str(UnknownEntryError("engines", "ray", [])) == "no 'ray' in engines; there are: none"


def test_a_name_cannot_break_the_sentence_into_lines() -> None:
    assert "\n" not in str(UnknownEntryError("samplers", "a\nb", ("euler",)))


@pytest.mark.parametrize(
    "error",
    [
        UnknownEntryError("samplers", "eular", ("euler",)),
        StorageError("cannot write 'a.png'"),
        QueueFullError("1,000 jobs wait", 30),
    ],
)
def test_errors_cross_processes_whole(error: UnderpaintError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)
