"""The machine reads what Python's pickle writes of plain values, and little more."""

import pickle
from collections import OrderedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from underpaint.weights._pickle import read
from underpaint.weights._records import Refused

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**200), 2**200)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner)
    ),
    max_leaves=20,
)


@given(PLAIN, st.sampled_from([3, 4, 5]))
def test_plain_values_are_read_as_they_were_written(value: object, protocol: int) -> None:
    data = pickle.dumps(value, protocol)
    assert read(memoryview(data)) == (value, len(data))


@given(PLAIN.filter(lambda value: "b'" not in repr(value) and 'b"' not in repr(value)))
def test_the_protocol_of_torch_is_read(value: object) -> None:
    data = pickle.dumps(OrderedDict(a=value), 2)
    assert read(memoryview(data))[0] == {"a": value}


@given(st.binary(max_size=60))
def test_anything_else_is_refused_or_plain(data: bytes) -> None:
    check(data)


def check(data: bytes) -> None:
    try:
        found, place = read(memoryview(data))
    except Refused as refused:
        assert str(refused).isprintable()
        return
    assert 0 < place <= len(data)
    assert type(found).__module__ in {"builtins", "underpaint.weights._records"}


@given(PLAIN, st.integers(0, 400), st.integers(0, 255))
def test_a_damaged_byte_is_refused_or_plain(value: object, place: int, byte: int) -> None:
    data = bytearray(pickle.dumps({"a": value}, 2))
    data[place % len(data)] = byte
    check(bytes(data))


def test_pickles_in_a_row_are_read_one_by_one() -> None:
    data = memoryview(pickle.dumps(1, 2) + pickle.dumps({"a": 2}, 2))
    first, place = read(data)
    assert (first, read(data, place)[0]) == (1, {"a": 2})


def test_names_that_old_python_wrote_are_read() -> None:
    assert read(memoryview(b"\x80\x02U\x03foxT\x03\0\0\0cat\x86."))[0] == ("fox", "cat")


def test_the_place_of_a_fault_is_told() -> None:
    with pytest.raises(Refused, match="its pickle is damaged near byte 3"):
        read(memoryview(b"\x80\x02a"))


def test_reading_takes_linear_time_and_no_recursion() -> None:
    depth = 10**5
    found, _ = read(memoryview(b"\x80\x02)" + b"\x85" * depth + b"."))
    for _ in range(depth):
        (found,) = found
    assert found == ()
