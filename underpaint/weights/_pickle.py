"""Pickles, read by a machine that has no functions.

A pickle is a program for a small stack machine, and one of its instructions calls any function of
Python. This machine knows the instructions that build numbers, texts, lists and dictionaries, and
for a call only the few names that torch writes for tensors, which it takes as descriptions: nothing
is imported, called or made but plain values and the three records below. Any other name, and any
other instruction, ends the reading. Imports no torch.
"""

import struct
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from underpaint.weights._records import (
    Dtype,
    Inert,
    Parameters,
    Refused,
    Storage,
    TensorRecord,
    Value,
    called,
    key,
    named,
)

__all__ = ["MAX_PICKLE", "read"]

MAX_PICKLE = 8 * 2**20


def read(data: memoryview, start: int = 0) -> tuple[Value, int]:
    """Return what a pickle builds, and where the byte after it is.

    Args:
        data: at most `MAX_PICKLE` bytes.
        start: where the pickle begins.

    Raises:
        Refused: it wants more than to describe tensors, or is damaged.
    """
    machine = _Machine(data, start)
    try:
        return machine.run(), machine.place
    except (IndexError, KeyError, TypeError, ValueError, AttributeError, struct.error) as error:
        raise Refused(f"its pickle is damaged near byte {machine.place}") from error


class _Machine:
    """A stack, a memory of values by number, and a place in the program."""

    def __init__(self, data: memoryview, start: int) -> None:
        self.place = start
        self._data = data
        self._stack: list[Value] = []
        self._below: list[list[Value]] = []
        self._memory: dict[int, Value] = {}

    def run(self) -> Value:
        """Take instructions until the one that stops."""
        while (code := self._take(1)[0]) != ord("."):
            act = _ACTS.get(code)
            if act is None:
                raise Refused(f"its pickle has an instruction {chr(code)!a} that is not taken")
            act(self)
        return self._pop()

    def _take(self, size: int) -> memoryview:
        if not 0 <= size <= len(self._data) - self.place:
            raise ValueError(size)
        self.place += size
        return self._data[self.place - size : self.place]

    def _number(self, form: str) -> Any:  # noqa: ANN401 - int or float, as the form has it
        return struct.unpack(form, self._take(struct.calcsize(form)))[0]

    def _line(self) -> str:
        piece = bytes(self._data[self.place : self.place + 256])
        return bytes(self._take(piece.index(b"\n") + 1)[:-1]).decode()

    def _pop(self) -> Value:
        return self._stack.pop()

    def _marked(self) -> list[Value]:
        found, self._stack = self._stack, self._below.pop()
        return found

    def push(self, value: Value) -> None:
        """Put a value on the stack."""
        self._stack.append(value)

    def number(self, form: str) -> None:
        """Push a number of a form that `struct` knows."""
        self.push(self._number(form))

    def long(self, form: str) -> None:
        """Push a whole number of many bytes."""
        size = self._number(form)
        if size > 64:
            raise Refused("its pickle holds a number of too many digits")
        self.push(int.from_bytes(self._take(size), "little", signed=True))

    def text(self, form: str, encoding: str = "utf-8") -> None:
        """Push a text that its length precedes."""
        self.push(bytes(self._take(self._number(form))).decode(encoding))

    def data(self, form: str) -> None:
        """Push bytes that their length precedes."""
        self.push(bytes(self._take(self._number(form))))

    def mark(self) -> None:
        """Begin a group."""
        self._below.append(self._stack)
        self._stack = []

    def drop(self) -> None:
        """Take one value off, or the mark if nothing stands above it."""
        if self._stack:
            self._pop()
        else:
            self._marked()

    def group(self, make: Callable[[list[Value]], Value]) -> None:
        """Push what a marked group makes."""
        self.push(make(self._marked()))

    def tuple_of(self, size: int) -> None:
        """Push the last values as a tuple."""
        values = [self._pop() for _ in range(size)]
        self.push(tuple(reversed(values)))

    def append(self) -> None:
        """Add the last value to the list below it."""
        value = self._pop()
        self._list().append(value)

    def extend(self) -> None:
        """Add a marked group to the list below it."""
        values = self._marked()
        self._list().extend(values)

    def _list(self) -> list[Value]:
        if type(self._stack[-1]) is not list:
            raise Refused("it adds to what is not a list")
        return self._stack[-1]

    def set_item(self) -> None:
        """Set one entry of the dictionary below."""
        value, name = self._pop(), self._pop()
        self._set([name, value])

    def set_items(self) -> None:
        """Set a marked group of entries."""
        self._set(self._marked())

    def _set(self, values: list[Value]) -> None:
        target = self._stack[-1]
        entries = target.entries if type(target) is Parameters else target
        if type(entries) is not dict:
            raise Refused("it adds to what is not a dictionary")
        for name, value in zip(values[::2], values[1::2], strict=True):
            entries[key(name)] = value

    def keep(self, place: int) -> None:
        """Remember the last value by a number."""
        self._memory[place] = self._stack[-1]

    def recall(self, form: str) -> None:
        """Push what was remembered."""
        self.push(self._memory[self._number(form)])

    def named(self) -> None:
        """Push what stands for a name that two lines give."""
        self.push(named(self._line(), self._line()))

    def named_by_stack(self) -> None:
        """Push what stands for a name that the stack gives."""
        name, module = self._pop(), self._pop()
        self.push(named(module, name))

    def call(self) -> None:
        """Push what a known name makes of arguments."""
        arguments, call = self._pop(), self._pop()
        self.push(called(call, arguments))

    def build(self) -> None:
        """Give a state to the last value: only a ParameterDict has one that matters."""
        state, target = self._pop(), self._stack[-1]
        if type(target) is Parameters:
            target.entries.update(dict(state).get("_parameters") or {})
        elif not isinstance(target, (Inert, dict, TensorRecord)):
            raise Refused("it gives a state to what has none")

    def stored(self) -> None:
        """Push the storage that a persistent name describes."""
        kind, dtype, key, _, count, *view = self._pop()
        if kind != "storage" or any(each is not None for each in view) or type(key) is not str:
            raise Refused("it names a storage in a way that torch does not")
        if type(dtype) is not Dtype or type(count) is not int or count < 0:
            raise Refused("it names a storage in a way that torch does not")
        self.push(Storage(dtype.label, key, count))


def _entries(values: list[Value]) -> dict[Value, Value]:
    return {key(name): value for name, value in zip(values[::2], values[1::2], strict=True)}


_ACTS: Mapping[int, Callable[[_Machine], object]] = MappingProxyType(
    {
        0x80: lambda m: m._take(1),  # protocol
        0x95: lambda m: m._take(8),  # frame
        ord("N"): lambda m: m.push(None),
        0x88: lambda m: m.push(True),
        0x89: lambda m: m.push(False),
        ord("J"): lambda m: m.number("<i"),
        ord("K"): lambda m: m.number("<B"),
        ord("M"): lambda m: m.number("<H"),
        ord("G"): lambda m: m.number(">d"),
        0x8A: lambda m: m.long("<B"),
        0x8B: lambda m: m.long("<I"),
        ord("X"): lambda m: m.text("<I"),
        0x8C: lambda m: m.text("<B"),
        0x8D: lambda m: m.text("<Q"),
        ord("T"): lambda m: m.text("<I", "latin-1"),
        ord("U"): lambda m: m.text("<B", "latin-1"),
        ord("B"): lambda m: m.data("<I"),
        ord("C"): lambda m: m.data("<B"),
        0x8E: lambda m: m.data("<Q"),
        ord("("): _Machine.mark,
        ord("0"): _Machine.drop,
        ord("1"): lambda m: m._marked(),
        ord(")"): lambda m: m.push(()),
        ord("]"): lambda m: m.push([]),
        ord("}"): lambda m: m.push({}),
        0x8F: lambda m: m.push(Inert("set")),
        0x90: lambda m: m._marked(),  # into a set, which nobody needs
        ord("t"): lambda m: m.group(tuple),
        ord("l"): lambda m: m.group(list),
        ord("d"): lambda m: m.group(_entries),
        0x85: lambda m: m.tuple_of(1),
        0x86: lambda m: m.tuple_of(2),
        0x87: lambda m: m.tuple_of(3),
        ord("a"): _Machine.append,
        ord("e"): _Machine.extend,
        ord("s"): _Machine.set_item,
        ord("u"): _Machine.set_items,
        ord("q"): lambda m: m.keep(m._number("<B")),
        ord("r"): lambda m: m.keep(m._number("<I")),
        0x94: lambda m: m.keep(len(m._memory)),
        ord("h"): lambda m: m.recall("<B"),
        ord("j"): lambda m: m.recall("<I"),
        ord("c"): _Machine.named,
        0x93: _Machine.named_by_stack,
        ord("R"): _Machine.call,
        0x81: _Machine.call,  # a new object of a class
        ord("b"): _Machine.build,
        ord("Q"): _Machine.stored,
    }
)
